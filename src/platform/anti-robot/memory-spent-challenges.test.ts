import { describe, expect, it } from '@jest/globals';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { MINUTE } from '../../shared/clock.js';
import { MemorySpentChallenges } from './memory-spent-challenges.js';

describe('challenges that were used', () => {
  it('are remembered until they expire', async () => {
    const clock = new FixedClock();
    const spent = new MemorySpentChallenges(clock);
    const until = clock.now() + 20 * MINUTE;
    expect(await spent.spend('a', until)).toBe(true);
    clock.advance(20 * MINUTE - 1);
    expect(await spent.spend('a', until)).toBe(false);
  });

  it('can be given back', async () => {
    const clock = new FixedClock();
    const spent = new MemorySpentChallenges(clock);
    await spent.spend('a', clock.now() + MINUTE);
    await spent.giveBack('a');
    expect(await spent.spend('a', clock.now() + MINUTE)).toBe(true);
  });

  it('take no more memory than allowed: more are refused, none is forgotten, and room comes back with time', async () => {
    const clock = new FixedClock();
    const spent = new MemorySpentChallenges(clock, 2);
    await spent.spend('a', clock.now() + 2 * MINUTE);
    await spent.spend('b', clock.now() + 3 * MINUTE);
    await expect(spent.spend('c', clock.now() + 3 * MINUTE)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'robot-check-full',
      retryAfterSeconds: 60,
    });
    expect(await spent.spend('a', clock.now() + 2 * MINUTE)).toBe(false);
    clock.advance(2 * MINUTE);
    expect(await spent.spend('c', clock.now() + 3 * MINUTE)).toBe(true);
    expect(await spent.spend('b', clock.now() + MINUTE)).toBe(false);
  });
});
