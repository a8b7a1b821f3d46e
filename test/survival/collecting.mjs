/** Before a broker that is to say what it holds: SIGUSR2 collects its garbage (`node --import`). */
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

setFlagsFromString('--expose-gc');
// Only contexts that are made from now on know it.
const collect = new Script('gc()');
process.on('SIGUSR2', () => void collect.runInNewContext());
