import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/platform/crypto/digest.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { MemoryLimiter } from '../../src/platform/limits/memory-limiter.js';
import { Once } from '../../src/platform/limits/once.js';
import { MemoryPace, RedisPace, SharedPace, type Pace } from '../../src/platform/limits/pace.js';
import { RedisAway, RedisLink } from '../../src/platform/redis/redis-link.js';
import { FixedClock } from '../support/fixed-clock.js';
import { RecordingLog } from '../support/recording-log.js';

const random = new SystemRandom();
const redisUrl = process.env['TEST_REDIS_URL'] ?? '';
const rule = (key = 'k') => ({ bucket: 'b', key, pauseMs: 5_000, moreMs: 5_000, toleranceMs: 1_000 });

let link: RedisLink;

/** Two nodes, where the adapter is for several. */
function onRedis(clock: FixedClock): Pace[] {
  const own = random.hex(8);
  const keys = { mac: (text: string) => digestOf(`${own}${text}`) };
  return [0, 1].map(() => new RedisPace(link, keys, () => clock.now()));
}

const adapters: readonly [string, boolean, (clock: FixedClock) => Pace[]][] = [
  ['in memory', true, (clock) => [new MemoryPace(clock)]],
  ['on Redis', redisUrl !== '', onRedis],
];

for (const [name, isHere, nodes] of adapters) {
  (isHere ? describe : describe.skip)(`paces ${name}`, () => {
    if (name === 'on Redis') {
      beforeAll(async () => {
        link = await RedisLink.open(redisUrl, new RecordingLog());
      });
      afterAll(() => link.close());
    }

    test('who asks too early has to wait longer each time, whichever node is asked', async () => {
      const clock = new FixedClock();
      const all = nodes(clock);
      let asked = 0;
      const askAfter = (ms: number): Promise<boolean> => {
        clock.advance(ms);
        asked += 1;
        return all[asked % all.length]!.isEarly(rule());
      };
      expect(await askAfter(0)).toBe(false);
      expect(await askAfter(4_000)).toBe(false);
      expect(await askAfter(3_999)).toBe(true);
      expect(await askAfter(8_999)).toBe(true);
      expect(await askAfter(14_000)).toBe(false);
      expect(await askAfter(13_999)).toBe(true);
      expect(await all[0]!.isEarly(rule('other'))).toBe(false);
    });
  });
}

test('while Redis is away each node follows those that ask it', async () => {
  const clock = new FixedClock();
  const redis = { isAway: false };
  const common = new MemoryPace(clock);
  const shared = {
    isEarly: (given: ReturnType<typeof rule>) =>
      redis.isAway ? Promise.reject(new RedisAway()) : common.isEarly(given),
  };
  const node = (): Pace => new SharedPace(shared, new MemoryPace(clock));
  const [one, two] = [node(), node()];
  expect([await one.isEarly(rule()), await two.isEarly(rule())]).toEqual([false, true]);
  redis.isAway = true;
  expect([await one.isEarly(rule()), await two.isEarly(rule())]).toEqual([false, false]);
  expect([await one.isEarly(rule()), await two.isEarly(rule())]).toEqual([true, true]);
});

test('what may be used once is refused until it lapses or is given back', async () => {
  const clock = new FixedClock();
  const once = new Once(new MemoryLimiter(clock, random));
  expect([await once.use('b', 'k', 1_000), await once.use('b', 'k', 1_000)]).toEqual([true, false]);
  expect([await once.use('b', 'other', 1_000), await once.use('c', 'k', 1_000)]).toEqual([true, true]);
  await once.giveBack('b', 'k');
  expect([await once.use('b', 'k', 1_000), await once.use('b', 'k', 1_000)]).toEqual([true, false]);
  clock.advance(1_000);
  expect(await once.use('b', 'k', 1_000)).toBe(true);
});
