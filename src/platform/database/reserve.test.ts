import { expect, test } from '@jest/globals';
import { NoReserve } from './reserve.js';

test('a disk without a reserve counts as full for a minute after each write that found it so', () => {
  let now = 0;
  const reserve = new NoReserve(() => now);
  const isFullAt = (time: number): boolean => {
    now = time;
    return reserve.isFull;
  };
  expect(isFullAt(10)).toBe(false);
  expect(reserve.spend()).toBe(false);
  expect([isFullAt(10), isFullAt(60_009), isFullAt(60_011)]).toEqual([true, true, false]);
  expect(reserve.isSpent).toBe(false);
});
