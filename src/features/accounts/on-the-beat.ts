import { setTimeout as pause } from 'node:timers/promises';

/** Longer than the work takes on a machine that is not overloaded, and too short for people to notice. */
const BEAT_MS = 50;

/**
 * Ends, well or not, a whole number of beats after it began: what was done meanwhile cannot be told from the time it
 * took (S-30 to S-32). Equal statements would not do: one row more or less shows, and differently on each database.
 */
export async function onTheBeat<T>(work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  try {
    return await work();
  } finally {
    await untilNextBeat(since);
  }
}

/** The same for refusals alone, where success tells anyway. */
export async function refusedOnTheBeat<T>(work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  try {
    return await work();
  } catch (error) {
    await untilNextBeat(since);
    throw error;
  }
}

async function untilNextBeat(since: number): Promise<void> {
  const end = since + BEAT_MS * Math.ceil((performance.now() - since) / BEAT_MS);
  // Timers count from the start of a turn of the event loop, so one may ring a little early.
  for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
    await pause(Math.ceil(left));
  }
}
