import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { around, Random, spread } from './random.js';

class SystemRandom extends Random {
  override bytes(count: number): Buffer {
    return randomBytes(count);
  }
}

/** Gives the numbers of a list, as bytes. */
class Replayed extends Random {
  readonly #draws: bigint[];

  constructor(...draws: bigint[]) {
    super();
    this.#draws = draws;
  }

  override bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    // `below` looks at the upper 53 of 64 bits.
    bytes.writeBigUInt64BE((this.#draws.shift() ?? 0n) << 11n);
    return bytes;
  }
}

describe('a whole number below a limit', () => {
  const top = 2n ** 53n;

  test('stays within its bounds and meets both of them', () => {
    const random = new SystemRandom();
    const drawn = new Set(Array.from({ length: 2_000 }, () => random.below(7)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(random.below(1)).toBe(0);
  });

  test('is as likely as any other: 60,000 throws of a die', () => {
    const random = new SystemRandom();
    const counts = new Array<number>(6).fill(0);
    for (let n = 0; n < 60_000; n += 1) counts[random.below(6)]! += 1;
    const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // Five degrees of freedom: larger by chance once in ten million.
    expect(chiSquared).toBeLessThan(42);
  });

  test('is drawn again rather than folded over the end, which would favour small ones', () => {
    const limit = 3 * 2 ** 51;
    expect(new Replayed(top - 1n, BigInt(limit), 5n).below(limit)).toBe(5);
    expect(new Replayed(BigInt(limit) - 1n).below(limit)).toBe(limit - 1);
  });

  test('may be as large as the largest safe one', () => {
    expect(new Replayed(top - 1n).below(2 ** 53)).toBe(Number.MAX_SAFE_INTEGER);
    expect(new Replayed(top - 1n, top - 2n).below(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER - 1);
  });
});

test('hex digits are two a byte and in lower case', () => {
  expect(new SystemRandom().hex(16)).toMatch(/^[0-9a-f]{32}$/);
});

describe('when to come back', () => {
  const random = new SystemRandom();
  const many = (draw: () => number): [least: number, most: number] => {
    const draws = Array.from({ length: 20_000 }, draw);
    return [Math.min(...draws), Math.max(...draws)];
  };

  test('is spread from half to one and a half of a mean (R-41)', () => {
    expect(many(() => spread(random, 4))).toEqual([2, 6]);
    expect(many(() => spread(random, 15))).toEqual([8, 22]);
    expect(many(() => spread(random, 1))).toEqual([1, 1]);
  });

  test('is what a limit says, a fifth more or less (S-26)', () => {
    const [least, most] = many(() => around(random, 100));
    expect([least, most]).toEqual([80, 120]);
  });
});
