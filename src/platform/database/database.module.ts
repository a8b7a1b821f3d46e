import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Readiness } from '../http/readiness.js';
import { Random } from '../../shared/random.js';
import type { Connections, Tables } from './connections.js';
import { openPostgres } from './postgres.js';
import { openSqlite, openSqliteBeside } from './sqlite.js';
import { UnitOfWork } from './unit-of-work.js';

/** Injection token of the open Connections. */
export const CONNECTIONS = Symbol('Connections');

/** Opens the database before anything else is made and closes it after everything else. */
@Global()
@Module({})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(CONNECTIONS) private readonly connections: Connections,
    private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness.require('database', async () => {
      await this.connections.reader.query('SELECT 1');
    });
  }

  static with(tables: Tables): DynamicModule {
    return opening((config) => openDatabase(config, tables));
  }

  /** For commands that run while a broker may be running on the same database. */
  static beside(tables: Tables): DynamicModule {
    return opening((config) => openBeside(config, tables));
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

/** The only place that chooses between the databases. */
function openDatabase(config: Config, tables: Tables): Promise<Connections> {
  return config.databaseUrl === undefined
    ? openSqlite(config.dataDir, tables)
    : openPostgres(config.databaseUrl, tables);
}

function openBeside(config: Config, tables: Tables): Promise<Connections> {
  return config.databaseUrl === undefined
    ? openSqliteBeside(config.dataDir, tables)
    : openPostgres(config.databaseUrl, tables);
}
