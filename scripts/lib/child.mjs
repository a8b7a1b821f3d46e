/**
 * Runs other programs. A signal that reaches a script is passed on to the program it waits for, exactly once, and the
 * script then ends by the same signal, after its own clean-up: that is what `Interrupted` is thrown for.
 */
import { spawn } from 'node:child_process';
import { root } from './checkout.mjs';

const passedOn = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

let interrupted = false;

/** The script was asked to end by a signal; what it waited for has ended. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }

  /** Ends this process by the signal. */
  obey() {
    process.removeAllListeners(this.signal);
    process.kill(process.pid, this.signal);
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] default: the checkout
 * @property {NodeJS.ProcessEnv} [env] default: this process's
 * @property {'keep' | 'stderr' | 'inherit'} [output] `keep` (default) collects stdout and stderr; `stderr` shows both on
 *   stderr; `inherit` hands over the terminal, input included
 * @property {(chunk: string) => void} [onOutput] with `keep`: also told each piece as it comes
 */

/** @typedef {{ code: number, output: string }} Ended `code` as a shell counts: 127 not found, 128 + n for signals */

/** @type {Record<NonNullable<RunOptions['output']>, import('node:child_process').StdioOptions>} */
const wiring = { keep: ['ignore', 'pipe', 'pipe'], stderr: ['ignore', 2, 2], inherit: 'inherit' };

/** @type {Required<Pick<RunOptions, 'cwd' | 'env' | 'output'>> & RunOptions} */
const defaults = { cwd: root, env: process.env, output: 'keep' };

/**
 * Programs whose terminal is not needed get a process group of their own, so that Ctrl-C reaches them only through
 * here, and their whole family ends with them (npm leaves a running compiler behind otherwise).
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Ended>}
 */
export async function run(command, args, options = {}) {
  const { cwd, env, output, onOutput } = { ...defaults, ...options };
  const grouped = output !== 'inherit';
  const child = spawn(command, args, { cwd, env, stdio: wiring[output], detached: grouped });
  /** @type {NodeJS.Signals | undefined} */
  let asked;
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    if (asked === undefined) tell(child.pid, signal, grouped);
    asked = signal;
  };
  if (!interrupted) for (const signal of passedOn) process.on(signal, passOn);
  const ended = await finished(child, onOutput);
  if (asked !== undefined) {
    // We go on listening: impatience must not end the clean-up that follows.
    interrupted = true;
    throw new Interrupted(asked);
  }
  for (const signal of passedOn) process.off(signal, passOn);
  return ended;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {((chunk: string) => void) | undefined} onOutput
 * @returns {Promise<Ended>}
 */
function finished(child, onOutput) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
      output += chunk;
      onOutput?.(chunk);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code, signal) =>
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), output }),
    );
  });
}

/** @param {number | undefined} pid @param {NodeJS.Signals} signal @param {boolean} grouped has a group of its own */
function tell(pid, signal, grouped) {
  // Without a group of its own the program has had a terminal's Ctrl-C already.
  const knows = !grouped && signal === 'SIGINT' && process.stdin.isTTY;
  if (pid === undefined || knows) return;
  try {
    process.kill(grouped ? -pid : pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

/**
 * @param {string} text
 * @param {number} [lines]
 * @returns {string} its last lines: the end of a long output is where the error stands
 */
export const tail = (text, lines = 60) => text.trim().split('\n').slice(-lines).join('\n');
