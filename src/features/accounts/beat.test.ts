import { expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { SteadyClock } from '../../platform/clock/steady-clock.js';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { Beat } from './beat.js';

/** @returns milliseconds, which are never fewer than were waited for, and what came of it */
async function timed(act: () => Promise<string>): Promise<[number, string]> {
  const since = performance.now();
  const outcome = await act().catch((error: unknown) => (error as Error).message);
  return [performance.now() - since, outcome];
}

const works = (): Promise<string> => Promise.resolve('done');
const refuses = (): Promise<string> => Promise.reject(new Error('refused'));

/** Whether it ends without waiting for a timer: within the turn of the event loop in which it began. */
async function isAtOnce(act: () => Promise<string>): Promise<boolean> {
  let hasEnded = false;
  void act()
    .catch(() => undefined)
    .finally(() => (hasEnded = true));
  await setImmediate();
  return hasEnded;
}

test('work ends on the beat, well or not; where success tells anyway, refusals alone', async () => {
  const beat = new Beat(new SteadyClock());
  const onTheBeat = await Promise.all([
    timed(() => beat.keptBy(works)),
    timed(() => beat.keptBy(refuses)),
    timed(() => beat.keptByRefusals(refuses)),
  ]);
  expect(onTheBeat.map(([, outcome]) => outcome)).toEqual(['done', 'refused', 'refused']);
  for (const [took] of onTheBeat) expect(took).toBeGreaterThanOrEqual(50);
  expect(await beat.keptByRefusals(works)).toBe('done');
  expect(await isAtOnce(() => beat.keptByRefusals(works))).toBe(true);
  expect(await isAtOnce(() => beat.keptBy(works))).toBe(false);
});

test('by a clock that stands still nothing is waited for, and by one that a test moved at most a beat', async () => {
  const clock = new FixedClock();
  const beat = new Beat(clock);
  await expect(beat.keptBy(refuses)).rejects.toThrow('refused');
  expect(await isAtOnce(() => beat.keptBy(refuses))).toBe(true);
  const moving = (): Promise<string> => {
    clock.advance(1_007);
    return works();
  };
  const [took] = await timed(() => beat.keptBy(moving));
  expect(took).toBeGreaterThanOrEqual(43);
});
