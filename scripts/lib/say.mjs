/**
 * What the scripts tell a person, and how they end. Everything said goes to stderr: stdout belongs to the product
 * (JSON log lines) and to results that other programs read.
 */
import { Interrupted } from './child.mjs';

/** An end that was foreseen: its message is all a person needs, so no stack is shown. */
export class Stop extends Error {}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`signpost: ${text}\n`);
}

/** @param {number} since from `performance.now()` @returns {string} seconds, such as `3.4 s` */
export const secondsSince = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs a script's one verb and turns how it ended into an exit code, or back into the signal that ended it.
 * @param {() => Promise<number>} verb resolves to the exit code
 */
export async function perform(verb) {
  try {
    process.exitCode = await verb();
  } catch (error) {
    if (error instanceof Interrupted) {
      error.obey();
      return;
    }
    say(error instanceof Stop ? error.message : String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  }
}
