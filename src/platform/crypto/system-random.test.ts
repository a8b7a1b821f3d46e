import { expect, test } from '@jest/globals';
import { SystemRandom } from './system-random.js';

test('random bytes are as many as were asked for, and never the same again', () => {
  const random = new SystemRandom();
  const counts = [0, 1, 16, 32, 4_095, 4_096, 4_097, 10_000];
  for (const count of counts) expect(random.bytes(count)).toHaveLength(count);
  const ids = Array.from({ length: 5_000 }, () => random.hex(16));
  expect(new Set(ids).size).toBe(ids.length);
  // Two bytes of a long text may well be the same, not all of them.
  for (const id of ids) expect(id).not.toMatch(/0000000000/);
});

test('random bytes lie in memory of their own, of which nothing else is', () => {
  const random = new SystemRandom();
  expect(random.bytes(16).buffer.byteLength).toBe(16);
});
