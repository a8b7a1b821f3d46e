/** Starts the load generator, on a core of its own where the machine has two. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { inCheckout } from '../../../scripts/lib/checkout.mjs';
import { findProgram } from '../../../scripts/lib/debian.mjs';
import { parsed } from '../../bench/json.mjs';

/** @typedef {import('./generator.mjs').Job} Job */
/** @typedef {import('./generator.mjs').Outcome} Outcome */

const taskset = availableParallelism() > 1 ? findProgram('taskset') : null;

/** Before the command of what is measured. @type {readonly string[]} */
export const onFirstCore = taskset === null ? [] : [taskset, '-c', '0'];

/** @param {Job} job @returns {Promise<Outcome>} */
export async function flood(job) {
  const command = [
    ...(taskset === null ? [] : [taskset, '-c', '1']),
    process.execPath,
    inCheckout('test/survival/flood/generator.mjs'),
    JSON.stringify(job),
  ];
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (said += text));
  await once(child, 'close');
  process.off('exit', end);
  if (child.exitCode !== 0) throw new Error('the load generator failed');
  return /** @type {Outcome} */ (parsed(said));
}
