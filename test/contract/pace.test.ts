import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { digestOf } from '../../src/platform/crypto/digest.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { MemoryLimiter } from '../../src/platform/limits/memory-limiter.js';
import { Once } from '../../src/platform/limits/once.js';
import { MemoryPace, RedisPace, SharedPace, type Pace } from '../../src/platform/limits/pace.js';
import { RedisAway } from '../../src/platform/redis/redis-away.js';
import { RedisLink } from '../../src/platform/redis/redis-link.js';
import { runScript } from '../../src/platform/redis/redis-script.js';
import { eventually } from '../support/eventually.js';
import { FixedClock } from '../support/fixed-clock.js';
import { RecordingLog } from '../support/recording-log.js';
import { patientLink } from '../support/redis.js';

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
        link = await patientLink(redisUrl);
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

(redisUrl === '' ? describe.skip : describe)('what Redis answers', () => {
  beforeAll(async () => {
    link = await patientLink(redisUrl);
  });
  afterAll(() => link.close());

  const answering = (reply: string): Promise<unknown> =>
    link.ask((redis) => runScript(redis, 'return redis.error_reply(ARGV[1])', [], [reply]));

  test('counts as being away where it says that it can do nothing for us for now', async () => {
    for (const code of ['LOADING', 'READONLY', 'MASTERDOWN', 'OOM', 'BUSY', 'MISCONF', 'NOREPLICAS']) {
      await expect(answering(`${code} not now`)).rejects.toThrow(RedisAway);
      // One that answers again: three failures in a row would be a Redis that is away.
      await link.ask((redis) => redis.ping());
    }
  });

  test('is an error of ours where it says that we ask wrongly, and it is there all the same', async () => {
    const name = `signpost:test:${random.hex(8)}`;
    await link.ask((redis) => redis.set(name, 'text', 'PX', 1_000));
    const wrong: Record<string, () => Promise<unknown>> = {
      'a script that fails': () => link.ask((redis) => runScript(redis, 'return nil + 1', [], [])),
      'a script that does not compile': () => link.ask((redis) => runScript(redis, 'return (', [], [])),
      'a script on another type': () =>
        link.ask((redis) => runScript(redis, "return redis.call('HGET', KEYS[1], 'f')", [name], [])),
      'another type': () => link.ask((redis) => redis.hget(name, 'field')),
      'an unknown command': () => link.ask((redis) => redis.call('NOSUCHCOMMAND')),
      'a script nobody told': () => link.ask((redis) => redis.evalsha('0'.repeat(40), 0)),
    };
    for (const [what, ask] of Object.entries(wrong)) {
      const error = await ask().catch((thrown: unknown) => thrown);
      expect([what, error instanceof RedisAway, error instanceof Error]).toEqual([what, false, true]);
    }
    const bug = new TypeError('of the question itself');
    await expect(link.ask(() => Promise.reject(bug))).rejects.toBe(bug);
    expect(link.isUp).toBe(true);
  });
});

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

(redisUrl === '' ? test.skip : test)('a node that ends does not say that Redis is away', async () => {
  const log = new RecordingLog();
  const own = await RedisLink.open(redisUrl, log);
  await eventually(() => expect(own.isUp).toBe(true));
  own.report();
  const gone = await own.ask((redis) => Promise.resolve({ closed: once(redis, 'close') }));
  own.close();
  await gone.closed;
  expect([own.isUp, log.lines]).toEqual([false, []]);
});
