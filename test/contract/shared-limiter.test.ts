import { describe, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import type { Counted, Limiter, Rule } from '../../src/platform/limits/limiter.js';
import { MemoryLimiter } from '../../src/platform/limits/memory-limiter.js';
import { SharedLimiter } from '../../src/platform/limits/shared-limiter.js';
import { Tally, type Acts } from '../../src/platform/limits/tally.js';
import { RedisAway } from '../../src/platform/redis/redis-away.js';
import { RedisLink } from '../../src/platform/redis/redis-link.js';
import { FixedClock } from '../support/fixed-clock.js';
import { MINUTE, roomOf, rule, type Room } from '../support/limiter-room.js';
import { RecordingLog } from '../support/recording-log.js';

const random = new SystemRandom();

describe('limits over all nodes', () => {
  /** Nodes on counters that may be away. */
  function nodes(): {
    make: () => Room;
    redis: { comebacks: number; isAway: boolean; isUp: boolean; bug: Error | null };
    tellAll: () => Promise<void>;
    failures: unknown[];
    waiting: readonly unknown[];
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
      giveBackNow: () => undefined,
      take: (rules: readonly Rule[]) => reach(async () => ({ ...(await common.take(rules)), by: shared })),
      refund: (counted: Counted) => reach(() => common.refund(counted)),
      clear: (rules: readonly Rule[]) => reach(() => common.clear(rules)),
      wait: (one: Rule) => reach(() => common.wait(one)),
    };
    const tell = (acts: readonly Acts[]): Promise<number[]> =>
      reach(async () => {
        for (const { rule: one, count } of acts) {
          for (let n = 0; n < count; n += 1) await common.take([one]).catch(() => undefined);
          for (let n = 0; n < -count; n += 1) common.giveBackNow([one]);
        }
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
    return { make, redis, tellAll, failures, waiting };
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

  test('what must not wait and is being told to the others counts here until they know it', async () => {
    const { make, tellAll } = nodes();
    const one = make();
    const passedNow = (): number =>
      Array.from({ length: 9 }, () => one.limiter.takeNow([rule('a', 9)])).filter(Boolean).length;
    expect(passedNow()).toBe(3);
    const told = tellAll();
    expect(passedNow()).toBe(0);
    await told;
    expect(passedNow()).toBe(3);
  });

  test('what must not wait is taken back at once, also after it was told, and lets one more through everywhere', async () => {
    const { make, redis, tellAll } = nodes();
    const [one, two] = [make(), make()];
    const wide = rule('a', 6);
    const takesAndGivesBack = ({ limiter }: Room): boolean => {
      const isTaken = limiter.takeNow([wide]);
      if (isTaken) limiter.giveBackNow([wide]);
      return isTaken;
    };
    for (let n = 0; n < 20; n += 1) expect(takesAndGivesBack([one, two][n % 2]!)).toBe(true);
    for (let n = 0; n < 6; n += 1) {
      expect(one.limiter.takeNow([wide])).toBe(true);
      await tellAll();
    }
    expect([one.limiter.takeNow([wide]), await two.passes(wide)]).toEqual([false, false]);
    one.limiter.giveBackNow([wide]);
    await tellAll();
    expect([takesAndGivesBack(one), await two.passes(wide), await two.passes(wide)]).toEqual([
      true,
      true,
      false,
    ]);
    redis.isAway = true;
    for (let n = 0; n < 20; n += 1) expect(takesAndGivesBack(one)).toBe(true);
    expect([await one.passes(wide), await one.passes(wide), takesAndGivesBack(one)]).toEqual([
      true,
      true,
      false,
    ]);
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

  test('what must not wait is told to nobody once the broker has ended, though somebody would have to wait', async () => {
    const { make, tellAll, waiting } = nodes();
    const one = make();
    const narrow = rule('a', 1);
    expect(one.limiter.takeNow([narrow])).toBe(true);
    await tellAll();
    expect([one.limiter.takeNow([narrow]), waiting.length]).toEqual([false, 1]);
    (one.limiter as SharedLimiter).onApplicationShutdown();
    await tellAll();
    one.limiter.takeNow([narrow]);
    expect(waiting).toEqual([]);
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
