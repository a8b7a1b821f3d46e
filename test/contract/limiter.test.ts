import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/platform/crypto/digest.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import type { Rule } from '../../src/platform/limits/limiter.js';
import { MemoryLimiter } from '../../src/platform/limits/memory-limiter.js';
import { RedisLimiter } from '../../src/platform/limits/redis-limiter.js';
import type { RedisLink } from '../../src/platform/redis/redis-link.js';
import type { DomainError } from '../../src/shared/domain-error.js';
import { FixedClock } from '../support/fixed-clock.js';
import { MINUTE, roomOf, rule, type Room } from '../support/limiter-room.js';
import { patientLink } from '../support/redis.js';

const random = new SystemRandom();

function inMemory(most?: number): Room {
  const clock = new FixedClock();
  return roomOf(clock, new MemoryLimiter(clock, random, most));
}

let link: RedisLink;
const redisUrl = process.env['TEST_REDIS_URL'] ?? '';

/** Counters that nobody else has, under a key of its own. */
function onRedis(): Room {
  const clock = new FixedClock();
  const own = random.hex(8);
  const keys = { mac: (text: string) => digestOf(`${own}${text}`) };
  return roomOf(clock, new RedisLimiter(link, keys, random, () => clock.now()));
}

const adapters: readonly [string, boolean, () => Room][] = [
  ['in memory', true, inMemory],
  ['on Redis', redisUrl !== '', onRedis],
];

for (const [name, isHere, room] of adapters) {
  (isHere ? describe : describe.skip)(`limits ${name}`, () => {
    if (name === 'on Redis') {
      beforeAll(async () => {
        link = await patientLink(redisUrl);
      });
      afterAll(() => link.close());
    }
    promises(room);
  });
}

function promises(room: () => Room): void {
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
      const { limiter, passes } = room();
      const counted = await limiter.take([rule('a', 1)]);
      await limiter.refund(counted);
      await limiter.refund(counted);
      expect(await passes(rule('a', 1))).toBe(true);
      expect(await passes(rule('a', 1))).toBe(false);
    });

    test('whose acts are taken back at once lets as many more through, and never more than it allows', async () => {
      const { limiter, passes, givesBack } = room();
      for (let n = 0; n < 2; n += 1) expect(await passes(rule('a', 2))).toBe(true);
      expect(await passes(rule('a', 2))).toBe(false);
      for (let n = 0; n < 3; n += 1) await givesBack(rule('a', 2));
      expect(await limiter.wait(rule('a', 2))).toBe(0);
      for (let n = 0; n < 2; n += 1) expect(await passes(rule('a', 2))).toBe(true);
      expect(await passes(rule('a', 2))).toBe(false);
      await givesBack(rule('never counted', 1));
      expect(await passes(rule('never counted', 1))).toBe(true);
    });

    test('that is refunded after its window ended leaves the next window as it is', async () => {
      const { clock, limiter, passes } = room();
      const counted = await limiter.take([rule('a', 2)]);
      clock.advance(MINUTE);
      expect(await passes(rule('a', 2))).toBe(true);
      await limiter.refund(counted);
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
        const refused: unknown = await limiter.take([rule('a', 1)]).catch((reason: unknown) => reason);
        expect(refused).toMatchObject({ kind: 'rate-limited', code: 'too-many' });
        told.add((refused as DomainError).retryAfterSeconds ?? 0);
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

  test('that refused has begun no window: it begins with the first act', async () => {
    const { clock, passes } = room();
    expect(await passes(rule('tight', 1))).toBe(true);
    expect(await passes(rule('wide', 1, { windowMs: 2 * MINUTE }), rule('tight', 1))).toBe(false);
    clock.advance(MINUTE);
    expect(await passes(rule('wide', 1, { windowMs: 2 * MINUTE }), rule('tight', 1))).toBe(true);
    clock.advance(2 * MINUTE - 1);
    expect(await passes(rule('wide', 1))).toBe(false);
    clock.advance(1);
    expect(await passes(rule('wide', 1))).toBe(true);
  });

  test('with a backoff one more passes after each pause, which doubles up to the most', async () => {
    const { clock, limiter, passes } = room();
    const slow = rule('a', 2, { backoff: { firstMs: 1_000, mostMs: 3_000 } });
    for (let n = 0; n < 2; n += 1) expect(await passes(slow)).toBe(true);
    for (const pause of [1_000, 2_000, 3_000, 3_000]) {
      expect([await passes(slow), await limiter.wait(slow)]).toEqual([false, pause]);
      clock.advance(pause);
      expect(await passes(slow)).toBe(true);
    }
    clock.advance(3_000 + MINUTE);
    for (let n = 0; n < 2; n += 1) expect(await passes(slow)).toBe(true);
  });

  test('thirty tries at once with four left let four through (S-20)', async () => {
    const { passes } = room();
    const tries = await Promise.all(Array.from({ length: 30 }, () => passes(rule('a', 4), rule('b', 9))));
    expect(tries.filter(Boolean)).toHaveLength(4);
  });
}

(redisUrl === '' ? test.skip : test)(
  'acts that were let through already are added on Redis whatever the limit says',
  async () => {
    const own = await patientLink(redisUrl);
    const clock = new FixedClock();
    const prefix = random.hex(8);
    const limiter = new RedisLimiter(own, { mac: (text) => digestOf(`${prefix}${text}`) }, random, () =>
      clock.now(),
    );
    await limiter.take([rule('a', 5)]);
    const acts = [
      { rule: rule('a', 5), count: 3 },
      { rule: rule('b', 5), count: 7 },
    ];
    expect(await limiter.add(acts)).toEqual([0, MINUTE]);
    clock.advance(1_000);
    expect(await limiter.add(acts.slice(0, 1))).toEqual([MINUTE - 1_000]);
    own.close();
  },
);

test('with its memory full of live counters it refuses newcomers and forgets nobody, until windows end (S-26)', async () => {
  const { clock, passes } = inMemory(2);
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
