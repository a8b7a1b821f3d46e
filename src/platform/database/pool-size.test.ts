import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Pool } from 'pg';
import { giveBack, PoolSize } from './pool-size.js';

const LOOK_MS = 200;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A pool that makes each connection at once, unless PostgreSQL does not answer. `asked`: after so many looks. */
function watched(most: number): {
  pool: { waitingCount: number; idleCount: number; ending: boolean };
  asked: number[];
  answer: { comes: boolean };
} {
  const asked: number[] = [];
  const answer = { comes: true };
  const since = performance.now();
  const options = PoolSize.upTo(most);
  const { size } = options;
  const made = (): void => {
    size.begun();
    if (answer.comes) size.made(options);
  };
  const pool = {
    options,
    waitingCount: 0,
    idleCount: 0,
    ending: false,
    connect: () => {
      asked.push((performance.now() - since) / LOOK_MS);
      if (pool.idleCount === 0) made();
      return Promise.resolve({ release: () => undefined });
    },
  };
  made();
  size.watch(pool as unknown as Pool);
  return { pool, asked, answer };
}

test('a pool in which somebody always waits grows, later and later, up to its size', () => {
  const { pool, asked } = watched(4);
  pool.waitingCount = 5;
  jest.advanceTimersByTime(100 * LOOK_MS);
  expect(asked).toEqual([1, 3, 6]);
});

test('a pool in which nobody waited in between begins to count anew', () => {
  const { pool, asked } = watched(4);
  for (let times = 0; times < 4; times += 1) {
    pool.waitingCount = 1;
    jest.advanceTimersByTime(LOOK_MS);
    pool.waitingCount = 0;
    jest.advanceTimersByTime(LOOK_MS);
  }
  expect(asked).toEqual([1]);
});

test('no other connection is asked for while one is not made yet', () => {
  const { pool, asked, answer } = watched(4);
  answer.comes = false;
  pool.waitingCount = 5;
  jest.advanceTimersByTime(100 * LOOK_MS);
  expect(asked).toEqual([1]);
});

test('a pool that is to end gives back one connection after the other, and keeps the last', () => {
  const { pool, asked } = watched(4);
  pool.idleCount = 3;
  giveBack(pool as unknown as Pool);
  jest.advanceTimersByTime(5 * LOOK_MS);
  expect(asked).toEqual([2, 4]);
  pool.idleCount = 1;
  jest.advanceTimersByTime(100 * LOOK_MS);
  expect(asked).toEqual([2, 4]);
});

test('a pool that ends is not looked at any more', () => {
  const { pool, asked } = watched(4);
  pool.waitingCount = 5;
  pool.ending = true;
  jest.advanceTimersByTime(100 * LOOK_MS);
  expect(asked).toEqual([]);
});
