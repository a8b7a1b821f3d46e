import type { Config } from '../../config/index.js';
import { aloneOnPostgres, aloneOnSqlite, type Alone } from './alone.js';
import { besideOnPostgres, besideOnSqlite } from './beside.js';
import type { Connections, Tables } from './connections.js';
import { openPostgres } from './postgres.js';
import { openPostgresRebuild } from './postgres-rebuild.js';
import { openPostgresSnapshot } from './postgres-snapshot.js';
import type { Rebuild } from './rebuild.js';
import type { Snapshot } from './snapshot.js';
import { openSqlite } from './sqlite.js';
import { openSqliteRebuild } from './sqlite-rebuild.js';
import { openSqliteSnapshot } from './sqlite-snapshot.js';

/** The database that the settings name, closed. */
export interface Database {
  /** For a broker: alone where it must be, with the schema brought up to date. */
  open(): Promise<Connections>;
  /** Keeps every broker off. @throws StartupError if one runs */
  alone(): Promise<Alone>;
  /** For a small change beside a broker that may run. @throws StartupError */
  beside(): Promise<Connections>;
  /** For a backup. A broker may run. @throws StartupError */
  snapshot(): Promise<Snapshot>;
  /** For a restore, while no broker runs. @throws StartupError */
  rebuild(): Promise<Rebuild>;
}

/** The only place that chooses between the databases. */
export function databaseOf(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  tables: Tables,
): Database {
  if (databaseUrl === undefined) {
    return {
      open: () => openSqlite(dataDir, tables),
      alone: async () => Promise.resolve(aloneOnSqlite(dataDir)),
      beside: () => besideOnSqlite(dataDir, tables),
      snapshot: () => openSqliteSnapshot(dataDir, tables),
      rebuild: async () => Promise.resolve(openSqliteRebuild(dataDir, tables)),
    };
  }
  return {
    open: () => openPostgres(databaseUrl, tables),
    alone: () => aloneOnPostgres(databaseUrl),
    beside: () => besideOnPostgres(databaseUrl, tables),
    snapshot: () => openPostgresSnapshot(databaseUrl, tables),
    rebuild: () => openPostgresRebuild(databaseUrl, tables),
  };
}
