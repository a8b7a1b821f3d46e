import { expect, test } from '@jest/globals';
import { SteadyClock } from '../../platform/clock/steady-clock.js';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { Beat } from './beat.js';

/** @returns milliseconds, and what came of it */
async function timed(act: () => Promise<string>): Promise<[number, string]> {
  const since = performance.now();
  const outcome = await act().catch((error: unknown) => (error as Error).message);
  return [performance.now() - since, outcome];
}

const works = (): Promise<string> => Promise.resolve('done');
const refuses = (): Promise<string> => Promise.reject(new Error('refused'));

test('work ends on the beat, well or not; where success tells anyway, refusals alone', async () => {
  const beat = new Beat(new SteadyClock());
  const [kept, refused, refusal, free] = await Promise.all([
    timed(() => beat.keptBy(works)),
    timed(() => beat.keptBy(refuses)),
    timed(() => beat.keptByRefusals(refuses)),
    timed(() => beat.keptByRefusals(works)),
  ]);
  expect([kept[1], refused[1], refusal[1], free[1]]).toEqual(['done', 'refused', 'refused', 'done']);
  for (const [took] of [kept, refused, refusal]) expect(took).toBeGreaterThanOrEqual(50);
  expect(free[0]).toBeLessThan(kept[0]);
});

test('by a clock that stands still nothing is waited for, and by one that a test moved at most a beat', async () => {
  const clock = new FixedClock();
  const beat = new Beat(clock);
  expect(await timed(() => beat.keptBy(refuses))).toEqual([expect.closeTo(0, -2), 'refused']);
  const moving = (): Promise<string> => {
    clock.advance(1_007);
    return works();
  };
  const [took] = await timed(() => beat.keptBy(moving));
  expect(took).toBeGreaterThanOrEqual(43);
});
