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
export const flood = async (job) => /** @type {Outcome} */ (await said('generator', job));

/** @param {import('./herd.mjs').Job} job @returns {Promise<import('./herd.mjs').Outcome>} */
export const herd = async (job) => /** @type {import('./herd.mjs').Outcome} */ (await said('herd', job));

/** @param {'generator' | 'herd'} program @param {object} job @returns {Promise<unknown>} */
async function said(program, job) {
  const script = [inCheckout(`test/survival/flood/${program}.mjs`), JSON.stringify(job)];
  const node = process.execPath;
  const [command, args] = taskset === null ? [node, script] : [taskset, ['-c', '1', node, ...script]];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ part) => (text += part));
  await once(child, 'close');
  process.off('exit', end);
  if (child.exitCode !== 0) throw new Error('the load generator failed');
  return parsed(text);
}
