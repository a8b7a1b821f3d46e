import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../config/index.js';
import type { Connections } from '../database/connections.js';
import { CONNECTIONS } from '../database/database.module.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { Readiness } from '../http/readiness.js';
import { Log } from '../logging/log.js';
import type { RedisLink } from '../redis/redis-link.js';
import { REDIS } from '../redis/redis.module.js';
import { ChangeFeed } from './change-feed.js';
import { feedHearsAll } from './change-metrics.js';
import { Changes } from './changes.js';
import { LocalChangeFeed } from './local-change-feed.js';
import { redisWire } from './redis-wire.js';
import { BEAT_EVERY_MS, SharedChangeFeed } from './shared-change-feed.js';

const feed = {
  provide: ChangeFeed,
  inject: [CONNECTIONS, UnitOfWork, Log, Config, { token: REDIS, optional: true }],
  useFactory: (
    { solitude, company, epochs }: Connections,
    { commits }: UnitOfWork,
    log: Log,
    config: Config,
    redis: RedisLink | null | undefined,
  ): ChangeFeed => {
    if (!company || !redis) return new LocalChangeFeed(() => solitude.isAlone(), log);
    const wire = redisWire(redis, log, config.databaseUrl);
    return new SharedChangeFeed({ company, wire, commits, epochs, log });
  },
};

/** Who changes something tells it here; who remembers something listens here. */
@Global()
@Module({ providers: [feed, Changes], exports: [ChangeFeed, Changes] })
export class ChangesModule implements OnApplicationShutdown {
  readonly #beating: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONNECTIONS) { solitude }: Connections,
    private readonly changes: ChangeFeed,
    readiness: Readiness,
  ) {
    solitude.whenBroken(() => changes.forget());
    feedHearsAll.readBy({}, () => Number(changes.hearsAll));
    if (!(changes instanceof SharedChangeFeed)) return;
    readiness.mention('lists-not-remembered', () => !changes.hearsAll);
    changes.beat();
    this.#beating = setInterval(() => changes.beat(), BEAT_EVERY_MS);
    this.#beating.unref();
  }

  /** Nothing is asked of the broker any more, and no job runs. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#beating);
    if (this.changes instanceof SharedChangeFeed) await this.changes.sayFarewell();
  }
}
