import { Global, Module } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Random } from '../../shared/random.js';
import { SteadyClock } from '../clock/steady-clock.js';
import { KeyRing } from '../crypto/key-ring.js';
import type { RedisLink } from '../redis/redis-link.js';
import { REDIS } from '../redis/redis.module.js';
import { Limiter } from './limiter.js';
import { MemoryLimiter, UnlimitedLimiter } from './memory-limiter.js';
import { RedisLimiter } from './redis-limiter.js';
import { SharedLimiter } from './shared-limiter.js';

const limiter = {
  provide: Limiter,
  inject: [Config, SteadyClock, Random, KeyRing, REDIS],
  useFactory: (
    { limits, nodes }: Config,
    clock: SteadyClock,
    random: Random,
    keyRing: KeyRing,
    redis: RedisLink | null,
  ): Limiter => {
    if (limits === 'off') return new UnlimitedLimiter();
    const alone = (): Limiter => new MemoryLimiter(clock, random);
    if (redis === null) return alone();
    const keys = { mac: (text: string) => keyRing.mac('mac', text) };
    return new SharedLimiter(redis, new RedisLimiter(redis, keys, random), alone, nodes);
  },
};

/** How often callers may do things, over all nodes. */
@Global()
@Module({ providers: [limiter], exports: [Limiter] })
export class LimitsModule {}
