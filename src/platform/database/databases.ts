import type { Config } from '../../config/index.js';
import type { Alone } from './alone.js';
import type { Connections, Tables } from './connections.js';
import type { Rebuild } from './rebuild.js';
import type { Snapshot } from './snapshot.js';

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

/** The only place that chooses between the databases. Each way is imported by who goes it: a driver is large (P-8, P-9). */
export function databaseOf(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  tables: Tables,
): Database {
  if (databaseUrl === undefined) {
    return {
      open: async () => (await import('./sqlite.js')).openSqlite(dataDir, tables),
      alone: async () => (await import('./alone.js')).aloneOnSqlite(dataDir),
      beside: async () => (await import('./beside.js')).besideOnSqlite(dataDir, tables),
      snapshot: async () => (await import('./sqlite-snapshot.js')).openSqliteSnapshot(dataDir, tables),
      rebuild: async () => (await import('./sqlite-rebuild.js')).openSqliteRebuild(dataDir, tables),
    };
  }
  return {
    open: async () => (await import('./postgres.js')).openPostgres(databaseUrl, tables),
    alone: async () => (await import('./alone.js')).aloneOnPostgres(databaseUrl),
    beside: async () => (await import('./beside.js')).besideOnPostgres(databaseUrl, tables),
    snapshot: async () => (await import('./postgres-snapshot.js')).openPostgresSnapshot(databaseUrl, tables),
    rebuild: async () => (await import('./postgres-rebuild.js')).openPostgresRebuild(databaseUrl, tables),
  };
}
