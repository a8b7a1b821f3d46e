import { Global, Module } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Clock } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { SteadyClock } from '../clock/steady-clock.js';
import { KeyRing } from '../crypto/key-ring.js';
import { Log } from '../logging/log.js';
import type { RedisLink } from '../redis/redis-link.js';
import { REDIS } from '../redis/redis.module.js';
import { Limiter } from './limiter.js';
import { MemoryLimiter, UnlimitedLimiter } from './memory-limiter.js';
import { Once } from './once.js';
import { MemoryPace, Pace, RedisPace, SharedPace } from './pace.js';
import { RedisLimiter } from './redis-limiter.js';
import { SharedLimiter } from './shared-limiter.js';
import { Strangers } from './strangers.js';
import { Tally } from './tally.js';

interface Parts {
  readonly config: Config;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly keyRing: KeyRing;
  readonly redis: RedisLink | null;
  readonly log: Log;
}

type PartList = [Config, SteadyClock, Random, KeyRing, RedisLink | null, Log];

/** What all of these are made of. */
const PARTS = Symbol('Parts');
const parts = {
  provide: PARTS,
  inject: [Config, SteadyClock, Random, KeyRing, REDIS, Log],
  useFactory: (...[config, clock, random, keyRing, redis, log]: PartList): Parts => {
    return { config, clock, random, keyRing, redis, log };
  },
};

const limiter = {
  provide: Limiter,
  inject: [PARTS],
  useFactory: (all: Parts): Limiter => (all.config.limits === 'off' ? new UnlimitedLimiter() : counting(all)),
};

/** Counts with LIMITS=off too: that something is used once is no limit on how often. */
const once = { provide: Once, inject: [PARTS], useFactory: (all: Parts) => new Once(counting(all)) };

const pace = {
  provide: Pace,
  inject: [PARTS, Clock],
  useFactory: ({ keyRing, redis }: Parts, clock: Clock): Pace => {
    const alone = new MemoryPace(clock);
    return redis === null ? alone : new SharedPace(new RedisPace(redis, keysOf(keyRing)), alone);
  },
};

function counting({ config, clock, random, keyRing, redis, log }: Parts): Limiter {
  const alone = (): Limiter => new MemoryLimiter(clock, random);
  if (redis === null) return alone();
  const shared = new RedisLimiter(redis, keysOf(keyRing), random);
  const tally = new Tally(clock, config.nodes, {
    tell: (acts) => shared.add(acts),
    failed: (error) => log.error({ error }, 'acts could not be counted over all nodes'),
  });
  return new SharedLimiter(redis, { shared, tally, alone }, config.nodes);
}

const keysOf = (keyRing: KeyRing): { mac(text: string): string } => ({
  mac: (text) => keyRing.mac('mac', text),
});

/** How often callers may do things, over all nodes. */
@Global()
@Module({ providers: [parts, limiter, once, pace, Strangers], exports: [Limiter, Once, Pace, Strangers] })
export class LimitsModule {}
