import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { digestOf } from '../../src/platform/crypto/digest.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import type { Counted, Limiter, Rule } from '../../src/platform/limits/limiter.js';
import { MemoryLimiter } from '../../src/platform/limits/memory-limiter.js';
import { RedisLimiter } from '../../src/platform/limits/redis-limiter.js';
import { SharedLimiter } from '../../src/platform/limits/shared-limiter.js';
import { Tally, type Acts } from '../../src/platform/limits/tally.js';
import { RedisAway } from '../../src/platform/redis/redis-away.js';
import { RedisLink } from '../../src/platform/redis/redis-link.js';
import { DomainError } from '../../src/shared/domain-error.js';
import { FixedClock } from '../support/fixed-clock.js';
import { RecordingLog } from '../support/recording-log.js';
import { patientLink } from '../support/redis.js';

const MINUTE = 60_000;
const random = new SystemRandom();
const rule = (bucket: string, limit: number, more: Partial<Rule> = {}): Rule => ({
  bucket,
  key: 'k',
  limit,
  windowMs: MINUTE,
  ...more,
});

interface Room {
  readonly clock: FixedClock;
  readonly limiter: Limiter;
  readonly passes: (...rules: Rule[]) => Promise<boolean>;
}

function roomOf(clock: FixedClock, limiter: Limiter): Room {
  const passes = (...rules: Rule[]): Promise<boolean> =>
    limiter.take(rules).then(
      () => true,
      (error: unknown) => {
        if (error instanceof DomainError && error.kind === 'rate-limited') return false;
        throw error;
      },
    );
  return { clock, limiter, passes };
}

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

describe('limits over all nodes', () => {
  /** Nodes on counters that may be away. */
  function nodes(): {
    make: () => Room;
    redis: { comebacks: number; isAway: boolean; isUp: boolean; bug: Error | null };
    tellAll: () => Promise<void>;
    failures: unknown[];
  } {
    const redis = {
      comebacks: 1,
      isAway: false,
      bug: null as Error | null,
      get isUp() {
        return !this.isAway;
      },
    };
    const waiting: (() => void)[] = [];
    const failures: unknown[] = [];
    const clock = new FixedClock();
    const common = new MemoryLimiter(clock, random);
    const reach = async <T>(act: () => Promise<T>): Promise<T> => {
      if (redis.isAway) throw new RedisAway();
      if (redis.bug) throw redis.bug;
      return act();
    };
    const shared = {
      takeNow: () => false,
      take: (rules: readonly Rule[]) => reach(async () => ({ ...(await common.take(rules)), by: shared })),
      refund: (counted: Counted) => reach(() => common.refund(counted)),
      clear: (rules: readonly Rule[]) => reach(() => common.clear(rules)),
      wait: (one: Rule) => reach(() => common.wait(one)),
    };
    const tell = (acts: readonly Acts[]): Promise<number[]> =>
      reach(async () => {
        for (const { rule: one, count } of acts)
          for (let n = 0; n < count; n += 1) await common.take([one]).catch(() => undefined);
        return Promise.all(acts.map((one) => common.wait(one.rule)));
      });
    const alone = (): Limiter => new MemoryLimiter(clock, random);
    const make = (): Room => {
      const tally = new Tally(clock, 3, { tell, failed: (error) => failures.push(error) }, (then) =>
        waiting.push(then),
      );
      return roomOf(clock, new SharedLimiter(redis, { shared, tally, alone }, 3));
    };
    const tellAll = async (): Promise<void> => {
      for (const then of waiting.splice(0)) then();
      await setImmediate();
    };
    return { make, redis, tellAll, failures };
  }

  test('count together whichever node is asked', async () => {
    const { make } = nodes();
    const [one, two] = [make(), make()];
    for (let n = 0; n < 3; n += 1) expect(await [one, two][n % 2]!.passes(rule('a', 3))).toBe(true);
    expect([await one.passes(rule('a', 3)), await two.passes(rule('a', 3))]).toEqual([false, false]);
    expect(await two.limiter.wait(rule('a', 3))).toBe(MINUTE);
  });

  test('without Redis every node allows its share and no more, at least one; what it counted goes with the comeback (S-27)', async () => {
    const { make, redis } = nodes();
    const one = make();
    redis.isAway = true;
    expect([await one.passes(rule('a', 6)), await one.passes(rule('a', 6))]).toEqual([true, true]);
    expect([await one.passes(rule('a', 6)), await one.passes(rule('b', 1))]).toEqual([false, true]);
    expect(await one.passes(rule('b', 1))).toBe(false);
    expect(await one.limiter.wait(rule('b', 1))).toBe(MINUTE);
    [redis.isAway, redis.comebacks] = [false, 2];
    for (let n = 0; n < 6; n += 1) expect(await one.passes(rule('a', 6))).toBe(true);
    redis.isAway = true;
    expect(await one.passes(rule('a', 6))).toBe(true);
  });

  test('what must not wait is counted here first, a share at most, and told to the others', async () => {
    const { make, tellAll } = nodes();
    const [one, two] = [make(), make()];
    const wide = rule('a', 9);
    const passedNow = ({ limiter }: Room): number =>
      Array.from({ length: 20 }, () => limiter.takeNow([wide])).filter(Boolean).length;
    expect([passedNow(one), passedNow(two)]).toEqual([3, 3]);
    // Beyond its share a node asks.
    expect([await one.passes(wide), await one.passes(wide)]).toEqual([true, true]);
    await tellAll();
    expect(await two.limiter.wait(wide)).toBe(0);
    expect([passedNow(two), await two.passes(wide)]).toEqual([3, true]);
    await tellAll();
    expect([passedNow(one), passedNow(two), await two.passes(wide)]).toEqual([3, 0, false]);
    await tellAll();
    expect([passedNow(one), await one.passes(wide)]).toEqual([0, false]);
    await one.limiter.clear([wide]);
    expect(passedNow(one)).toBe(3);
  });

  test('what must not wait is held to the share of the node while Redis is away, and told to nobody afterwards', async () => {
    const { make, redis, tellAll } = nodes();
    const one = make();
    const wide = rule('a', 9);
    const passedNow = (): number =>
      Array.from({ length: 20 }, () => one.limiter.takeNow([wide])).filter(Boolean).length;
    expect(passedNow()).toBe(3);
    redis.isAway = true;
    await tellAll();
    expect([passedNow(), await one.passes(wide)]).toEqual([3, false]);
    [redis.isAway, redis.comebacks] = [false, 2];
    expect(passedNow()).toBe(3);
    await tellAll();
    for (let n = 0; n < 6; n += 1) expect(await one.passes(wide)).toBe(true);
    expect(await one.passes(wide)).toBe(false);
  });

  test('what goes wrong in telling the others, and is no absence of Redis, is told, and goes on', async () => {
    const { make, redis, tellAll, failures } = nodes();
    const one = make();
    const passedNow = (): number =>
      Array.from({ length: 9 }, () => one.limiter.takeNow([rule('a', 9)])).filter(Boolean).length;
    expect(passedNow()).toBe(3);
    redis.isAway = true;
    await tellAll();
    expect(failures).toEqual([]);
    redis.isAway = false;
    expect(passedNow()).toBe(3);
    redis.bug = new TypeError('a script that is wrong');
    await tellAll();
    expect(failures).toEqual([redis.bug]);
    redis.bug = null;
    expect(passedNow()).toBe(3);
    await tellAll();
    expect([failures.length, passedNow()]).toEqual([1, 3]);
  });

  test('what one counted is taken back from nobody else', async () => {
    const { make, redis } = nodes();
    const one = make();
    redis.isAway = true;
    const counted = await one.limiter.take([rule('a', 3)]);
    [redis.isAway, redis.comebacks] = [false, 2];
    for (let n = 0; n < 3; n += 1) expect(await one.passes(rule('a', 3))).toBe(true);
    await one.limiter.refund(counted);
    expect(await one.passes(rule('a', 3))).toBe(false);
    const shared = await one.limiter.take([rule('b', 3)]);
    redis.isAway = true;
    await one.limiter.refund(shared);
    await one.limiter.clear([rule('a', 3)]);
    expect(await one.passes(rule('a', 3))).toBe(true);
  });
});

test('Redis that is away is told of with the reason', async () => {
  const log = new RecordingLog();
  const link = await RedisLink.open('redis://127.0.0.1:1', log);
  link.report();
  link.close();
  expect(log.lines).toMatchObject([
    {
      level: 'warn',
      fields: { setting: 'REDIS_URL', reason: expect.stringContaining('ECONNREFUSED') },
      message: expect.stringContaining('Redis is away'),
    },
  ]);
});
