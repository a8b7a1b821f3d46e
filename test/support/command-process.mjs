/**
 * A process in which one `signpost` command runs after the other: loading the program costs a second and more than a command
 * does. Each finds the arguments, the environment and the folder of its own, as a fresh process would, and ends in
 * `process.exit`.
 */
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { pathToFileURL } from 'node:url';

const program = pathToFileURL(inCheckout('dist/cli.js')).href;
const umask = process.umask(0o022);
let count = 0;

/** @param {{ args: string[], env: Record<string, string>, cwd: string }} order */
async function perform({ args, env, cwd }) {
  const said = { stdout: '', stderr: '' };
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.umask(umask);
  process.argv.splice(1, Infinity, program, ...args);
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    process[name].write = (/** @type {string | Uint8Array} */ text) => {
      said[name] += String(text);
      return true;
    };
  }
  Object.assign(process, { exit: (/** @type {number} */ code) => process.send?.({ ...said, code }) });
  count += 1;
  // Its own address each time: what the program does, it does when it is loaded.
  await import(`${program}?${count}`);
}

process.on('message', (order) => void perform(/** @type {Parameters<typeof perform>[0]} */ (order)));
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
