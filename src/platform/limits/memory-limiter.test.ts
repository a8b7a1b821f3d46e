import { describe, expect, test } from '@jest/globals';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import type { DomainError } from '../../shared/domain-error.js';
import { SystemRandom } from '../crypto/system-random.js';
import type { Rule } from './limiter.js';
import { MemoryLimiter } from './memory-limiter.js';

const MINUTE = 60_000;
const rule = (bucket: string, limit: number, more: Partial<Rule> = {}): Rule => ({
  bucket,
  key: 'k',
  limit,
  windowMs: MINUTE,
  ...more,
});

function room(most?: number): {
  clock: FixedClock;
  passes: (...rules: Rule[]) => Promise<boolean>;
  limiter: MemoryLimiter;
} {
  const clock = new FixedClock();
  const limiter = new MemoryLimiter(clock, new SystemRandom(), most);
  const passes = (...rules: Rule[]): Promise<boolean> =>
    limiter.take(rules).then(
      () => true,
      () => false,
    );
  return { clock, limiter, passes };
}

describe('a limit', () => {
  test('lets so many through, then none until the window ends', async () => {
    const { clock, passes } = room();
    for (let n = 0; n < 3; n += 1) expect(await passes(rule('a', 3))).toBe(true);
    expect(await passes(rule('a', 3))).toBe(false);
    clock.advance(MINUTE - 1);
    expect(await passes(rule('a', 3))).toBe(false);
    clock.advance(1);
    expect(await passes(rule('a', 3))).toBe(true);
  });

  test('counts every key and every bucket by itself', async () => {
    const { passes } = room();
    expect(await passes(rule('a', 1))).toBe(true);
    expect(await passes(rule('a', 1, { key: 'other' }))).toBe(true);
    expect(await passes(rule('b', 1))).toBe(true);
    expect(await passes(rule('a', 1))).toBe(false);
  });

  test('of several that refuses leaves the others uncounted', async () => {
    const { passes } = room();
    expect(await passes(rule('tight', 1))).toBe(true);
    for (let n = 0; n < 5; n += 1) expect(await passes(rule('wide', 2), rule('tight', 1))).toBe(false);
    expect(await passes(rule('wide', 2))).toBe(true);
    expect(await passes(rule('wide', 2))).toBe(true);
    expect(await passes(rule('wide', 2))).toBe(false);
  });

  test('that was refunded lets one more through, and never more than it allows', async () => {
    const { clock, limiter, passes } = room();
    await limiter.refund([rule('a', 1)], clock.now());
    await limiter.take([rule('a', 1)]);
    await limiter.refund([rule('a', 1)], clock.now());
    await limiter.refund([rule('a', 1)], clock.now());
    expect(await passes(rule('a', 1))).toBe(true);
    expect(await passes(rule('a', 1))).toBe(false);
  });

  test('that is refunded after its window ended leaves the next window as it is', async () => {
    const { clock, limiter, passes } = room();
    await limiter.take([rule('a', 2)]);
    const takenAt = clock.now();
    clock.advance(MINUTE);
    expect(await passes(rule('a', 2))).toBe(true);
    await limiter.refund([rule('a', 2)], takenAt);
    expect(await passes(rule('a', 2))).toBe(true);
    expect(await passes(rule('a', 2))).toBe(false);
  });

  test('tells without counting how long the next act has to wait', async () => {
    const { clock, limiter, passes } = room();
    const once = rule('a', 1);
    for (let n = 0; n < 3; n += 1) expect(await limiter.wait(once)).toBe(0);
    expect(await passes(once)).toBe(true);
    clock.advance(MINUTE / 4);
    expect(await limiter.wait(once)).toBe((MINUTE * 3) / 4);
    clock.advance((MINUTE * 3) / 4);
    expect(await limiter.wait(once)).toBe(0);
    expect(await passes(once)).toBe(true);
  });

  test('tells when to come back: within a fifth of the truth, not the same to everybody (S-26)', async () => {
    const { clock, limiter } = room();
    await limiter.take([rule('a', 1, { windowMs: 100 * MINUTE })]);
    clock.advance(50 * MINUTE);
    const told = new Set<number>();
    for (let n = 0; n < 50; n += 1) {
      const error = await limiter.take([rule('a', 1)]).catch((reason: unknown) => reason as DomainError);
      expect(error).toMatchObject({ kind: 'rate-limited', code: 'too-many' });
      told.add(error?.retryAfterSeconds ?? 0);
    }
    expect(Math.min(...told)).toBeGreaterThanOrEqual(2_400);
    expect(Math.max(...told)).toBeLessThanOrEqual(3_600);
    expect(told.size).toBeGreaterThan(5);
  });
});

test('what is cleared was never counted, and nothing else is', async () => {
  const { limiter, passes } = room();
  const [one, other] = [rule('a', 1, { key: 'one' }), rule('a', 1, { key: 'other' })];
  await limiter.take([one, other]);
  await limiter.clear([one]);
  expect(await passes(one)).toBe(true);
  expect(await passes(other)).toBe(false);
});

test('keys stay apart however long they are', async () => {
  const { limiter, passes } = room();
  const long = (end: string): Rule => rule('a', 1, { key: `${'x'.repeat(250)}${end}` });
  expect(await passes(long('1'))).toBe(true);
  expect(await passes(long('2'))).toBe(true);
  expect(await passes(long('1'))).toBe(false);
  await limiter.clear([long('1')]);
  expect(await passes(long('1'))).toBe(true);
});

test('with its memory full of live counters it refuses newcomers and forgets nobody, until windows end (S-26)', async () => {
  const { clock, passes } = room(2);
  const one = (key: string): Rule => rule('a', 1, { key });
  expect(await passes(one('first'))).toBe(true);
  clock.advance(1_000);
  expect(await passes(one('second'))).toBe(true);
  expect(await passes(one('third'))).toBe(false);
  expect(await passes(one('first'))).toBe(false);
  clock.advance(MINUTE - 1_000);
  expect(await passes(one('third'))).toBe(true);
  expect(await passes(one('second'))).toBe(false);
});
