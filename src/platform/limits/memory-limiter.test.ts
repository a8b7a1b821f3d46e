import { describe, expect, test } from '@jest/globals';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { leastWork } from '../../../test/support/least-work.js';
import { MINUTE, roomOf, rule, type Room } from '../../../test/support/limiter-room.js';
import { SystemRandom } from '../crypto/system-random.js';
import type { Rule } from './limiter.js';
import { MemoryLimiter } from './memory-limiter.js';

function roomFor(most: number): Room {
  const clock = new FixedClock();
  return roomOf(clock, new MemoryLimiter(clock, new SystemRandom(), most));
}

const of = (key: string, limit: number, bucket = 'a'): Rule => rule(bucket, limit, { key });

/** Acts one after another, a second between them; which of them passed. */
async function acts({ clock, passes }: Room, ...rules: Rule[]): Promise<boolean[]> {
  const passed: boolean[] = [];
  for (const one of rules) {
    passed.push(await passes(one));
    clock.advance(1_000);
  }
  return passed;
}

describe('with memory full of live counters', () => {
  test('a newcomer takes the place of the oldest that is not at its limit', async () => {
    const room = roomFor(3);
    await acts(room, of('spent', 1), of('old', 2), of('young', 2));
    expect(await acts(room, of('new', 2))).toEqual([true]);
    expect(await acts(room, of('young', 2), of('young', 2), of('spent', 1))).toEqual([true, false, false]);
    expect(await acts(room, of('old', 2), of('old', 2))).toEqual([true, true]);
  });

  test('it is taken from where most are counted: who floods one bucket makes no other forget', async () => {
    const room = roomFor(6);
    await acts(room, of('first', 2, 'guesses'));
    for (let count = 0; count < 20; count += 1) await acts(room, of(`stranger ${count}`, 2, 'flood'));
    expect(await acts(room, of('first', 2, 'guesses'), of('first', 2, 'guesses'))).toEqual([true, false]);
  });

  test('newcomers are refused where all are at their limit, until a window ends', async () => {
    const room = roomFor(2);
    await acts(room, of('one', 1), of('other', 2), of('other', 2));
    expect(await acts(room, of('new', 1), of('one', 1), of('other', 2))).toEqual([false, false, false]);
    room.clock.advance(MINUTE - 6_000);
    expect(await acts(room, of('new', 2))).toEqual([true]);
  });

  test('one that gets an act back is at its limit no more', async () => {
    const room = roomFor(2);
    await acts(room, of('one', 1), of('other', 2), of('other', 2));
    expect(await room.passes(of('third', 1))).toBe(false);
    await room.givesBack(of('other', 2));
    expect(await acts(room, of('third', 1), of('one', 1))).toEqual([true, false]);
  });

  test('a guess beyond the limit is not forgotten while its pauses grow', async () => {
    const room = roomFor(2);
    const slow = rule('a', 1, { key: 'slow', backoff: { firstMs: 1_000, mostMs: 4_000 } });
    expect(await acts(room, slow, slow, of('other', 9))).toEqual([true, true, true]);
    expect(await acts(room, of('new', 9), slow, of('newer', 9))).toEqual([true, true, true]);
    expect([await room.passes(slow), await room.limiter.wait(slow)]).toEqual([false, 2_000]);
  });

  test('who is refused by one limit has nobody forgotten', async () => {
    const room = roomFor(2);
    await acts(room, of('tight', 1), of('open', 2));
    for (let count = 0; count < 3; count += 1)
      expect(await room.passes(of('new', 2), of('tight', 1))).toBe(false);
    expect(await acts(room, of('open', 2), of('open', 2))).toEqual([true, false]);
  });

  test('what counts for several at once forgets as many, and never more than there is room for', async () => {
    const room = roomFor(3);
    await acts(room, of('a', 9), of('b', 9), of('c', 9));
    expect(await room.passes(of('d', 9), of('e', 9), of('c', 9))).toBe(true);
    expect(await room.passes(of('f', 9), of('g', 9), of('h', 9), of('i', 9))).toBe(false);
  });

  test.each([
    ['not at their limits', 9, true],
    ['at their limits', 1, false],
  ])('a newcomer costs as much beside 100,000 that are %s as beside 1,000', async (_, limit, isLetIn) => {
    const costs: number[] = [];
    for (const most of [1_000, 100_000]) {
      const { limiter } = roomFor(most);
      for (let count = 0; count < most; count += 1) limiter.takeNow([of(`early ${count}`, limit)]);
      let late = 0;
      const some = (): void => {
        for (let count = 0; count < 1_000; count += 1)
          expect(limiter.takeNow([of(`late ${(late += 1)}`, 9)])).toBe(isLetIn);
      };
      costs.push(await leastWork(some));
    }
    const [few = 0, many = 0] = costs;
    expect(many).toBeLessThan(10 * few + 10);
  });
});
