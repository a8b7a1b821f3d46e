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

/** @typedef {import('../stage.mjs').Stage} Stage */

/** @param {Stage} stage @param {Job} job @returns {Promise<Outcome>} */
export const flood = (stage, job) => /** @type {Promise<Outcome>} */ (started(stage, 'generator', job));

/** @param {Stage} stage @param {import('./herd.mjs').Job} job @returns {Promise<import('./herd.mjs').Outcome>} */
export const herd = (stage, job) =>
  /** @type {Promise<import('./herd.mjs').Outcome>} */ (started(stage, 'herd', job));

/** @param {Stage} stage @param {'generator' | 'herd'} program @param {object} job @returns {Promise<unknown>} */
function started(stage, program, job) {
  const outcome = said(stage, program, job);
  // Whoever waits for it hears. Where the experiment has failed meanwhile nobody does, and the stage ends the program.
  outcome.catch(() => undefined);
  return outcome;
}

/** @param {Stage} stage @param {'generator' | 'herd'} program @param {object} job @returns {Promise<unknown>} */
async function said(stage, program, job) {
  const script = [inCheckout(`test/survival/flood/${program}.mjs`), JSON.stringify(job)];
  const node = process.execPath;
  const [command, args] = taskset === null ? [node, script] : [taskset, ['-c', '1', node, ...script]];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  stage.atEnd(end);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ part) => (text += part));
  await once(child, 'close');
  process.off('exit', end);
  if (child.exitCode !== 0) throw new Error('the load generator failed');
  return parsed(text);
}
