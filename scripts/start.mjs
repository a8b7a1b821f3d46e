/**
 * `npm start`: from a fresh clone to a broker that listens, with nothing but Node and npm. It then becomes the broker by
 * loading it into this same process, so that signals, exit codes and standard output are the broker's own.
 */
import { pathToFileURL } from 'node:url';
import { inCheckout } from './lib/checkout.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { dropRepeatedInterrupts } from './lib/interrupts.mjs';
import { perform } from './lib/say.mjs';

const main = inCheckout('dist/main.js');

await perform(async () => {
  await ensureInstalled();
  await ensureBuilt();
  return 0;
});

// Outside `perform`: from here on errors are reported by the broker, not by this script.
if (process.exitCode === 0) {
  process.exitCode = undefined;
  if (process.env['npm_lifecycle_event'] !== undefined) dropRepeatedInterrupts();
  process.argv[1] = main;
  await import(pathToFileURL(main).href);
}
