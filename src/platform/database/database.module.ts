import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Config } from '../../config/index.js';
import { SECOND } from '../../shared/clock.js';
import { SteadyClock } from '../clock/steady-clock.js';
import { Log } from '../logging/log.js';
import { Readiness } from '../http/readiness.js';
import { Jobs } from '../jobs/jobs.service.js';
import { Random } from '../../shared/random.js';
import type { Connections, Tables } from './connections.js';
import { diskFull } from './database-metrics.js';
import { databaseOf } from './databases.js';
import { Fitness } from './fitness.js';
import { StandbyWatch } from './standby-watch.js';
import { UnitOfWork } from './unit-of-work.js';

/** Injection token of the open Connections. */
export const CONNECTIONS = Symbol('Connections');

/** Opens the database before anything else is made and closes it after everything else. */
@Global()
@Module({})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(CONNECTIONS) private readonly connections: Connections,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: SteadyClock,
    private readonly readiness: Readiness,
    private readonly jobs: Jobs,
    private readonly log: Log,
  ) {}

  async onModuleInit(): Promise<void> {
    this.jobs.forAllOnlyIf(() => this.connections.solitude.leads());
    this.readiness.require('database', async () => {
      await this.connections.reader.query('SELECT 1');
    });
    this.readiness.whenDraining(() => this.connections.leave?.());
    this.#tellOfFullDisk();
    await this.#watchFitness();
    // A command says itself what becomes of its commits.
    if (this.connections.company !== null) this.#watchStandby();
  }

  /** Lists are read and people sign in meanwhile: a node that were not ready would be sent nobody. */
  #tellOfFullDisk(): void {
    const { reserve } = this.connections;
    this.readiness.mention('disk-full', () => reserve.isFull);
    diskFull.readBy({}, () => Number(reserve.isFull));
  }

  async #watchFitness(): Promise<void> {
    const fitness = new Fitness(this.connections, this.log);
    fitness.requiredBy(this.readiness);
    await fitness.look();
    this.jobs.every('look whether the database can be used', SECOND, () => fitness.look());
  }

  #watchStandby(): void {
    const watch = new StandbyWatch(this.connections, this.unitOfWork.commits, this.clock, this.log);
    watch.mentionedBy(this.readiness);
    this.jobs.every('look whether a standby is missing', SECOND, () => watch.look());
  }

  static with(tables: Tables): DynamicModule {
    return opening((config) => databaseOf(config, tables).open());
  }

  /** For commands that run while a broker may be running on the same database. */
  static beside(tables: Tables): DynamicModule {
    return opening((config) => databaseOf(config, tables).beside());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connections.close();
  }
}

function opening(open: (config: Config) => Promise<Connections>): DynamicModule {
  return {
    module: DatabaseModule,
    providers: [
      {
        provide: CONNECTIONS,
        inject: [Config],
        useFactory: open,
      },
      {
        provide: UnitOfWork,
        inject: [CONNECTIONS, Random],
        useFactory: (connections: Connections, random: Random) => new UnitOfWork(connections, random),
      },
    ],
    exports: [CONNECTIONS, UnitOfWork],
  };
}
