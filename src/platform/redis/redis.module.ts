import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Readiness } from '../http/readiness.js';
import { Log } from '../logging/log.js';
import { RedisLink } from './redis-link.js';

/** Injection token of the RedisLink, or null where no Redis is set. */
export const REDIS = Symbol('Redis');

/** What several nodes share besides the database, and may lose at any time. */
@Global()
@Module({
  providers: [
    {
      provide: REDIS,
      inject: [Config, Log],
      useFactory: ({ redisUrl }: Config, log: Log) =>
        redisUrl === undefined ? null : RedisLink.open(redisUrl, log),
    },
  ],
  exports: [REDIS],
})
export class RedisModule implements OnApplicationShutdown {
  constructor(
    @Inject(REDIS) private readonly redis: RedisLink | null,
    readiness: Readiness,
  ) {
    readiness.mention('redis-away', () => redis?.isUp === false);
  }

  /** After everything that may still tell the others something. */
  onApplicationShutdown(): void {
    this.redis?.close();
  }
}
