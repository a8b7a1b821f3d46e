/**
 * `npm run bench`: how fast the broker is, as ratios to what it could be at best, measured in the same run
 * (docs/performance.md). `-- --quick`: little data and short rounds, to see that it works. `-- P-1 P-2`: only these.
 */
import { cpus } from 'node:os';
import { writeFileSync } from 'node:fs';
import { FULL, QUICK } from '../test/bench/cast.mjs';
import { measures } from '../test/bench/measures.mjs';
import { isPinned, stopAll } from '../test/bench/processes.mjs';
import { Stage } from '../test/bench/stage.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { inCheckout } from './lib/checkout.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { perform, say } from './lib/say.mjs';

const given = process.argv.slice(2);
const isQuick = given.includes('--quick');
const wanted = given.filter((argument) => argument.startsWith('P-'));

/** @param {import('../test/bench/measures.mjs').Result} result */
function line({ id, what, value, unit, target, holds, detail }) {
  const shown = `${value.toFixed(unit === '×' ? 2 : 0)} ${unit}`.padStart(9);
  return `${id.padEnd(5)} ${(holds ? 'holds' : 'FALLS SHORT').padEnd(11)} ${shown}  (${target})  ${what}: ${detail}`;
}

await perform(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const stage = new Stage(
    isQuick ? QUICK : FULL,
    isQuick ? { rounds: 3, seconds: 1 } : { rounds: 5, seconds: 3 },
  );
  /** @type {import('../test/bench/measures.mjs').Result[]} */
  const results = [];
  try {
    for (const measure of measures.filter(
      ({ ids }) => wanted.length === 0 || ids.some((id) => wanted.includes(id)),
    )) {
      say(`${measure.ids.join(', ')} …`);
      for (const result of await measure.run(stage)) {
        results.push(result);
        console.log(line(result));
      }
    }
  } finally {
    await stopAll();
    await stage.clear();
  }
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    pinned: isPinned,
    quick: isQuick,
  };
  writeFileSync(inCheckout('test/bench/results.json'), `${JSON.stringify({ machine, results }, null, 2)}\n`);
  for (const missing of stage.missing) console.log(`not compared with: ${missing}`);
  return results.every(({ holds }) => holds) ? 0 : 1;
});
