import type Sqlite from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import type { Connections, Tables } from './connections.js';
import { requireCurrentSchema } from './migrate.js';
import { initializePostgres, PATIENT, postgresSource } from './postgres.js';
import { openSqliteBeside } from './sqlite-snapshot.js';

/** The database of a broker that may be running, for one small change. @throws StartupError */
export async function besideOnSqlite(dataDir: string, tables: Tables): Promise<Connections> {
  return connectionsOver('sqlite', await openSqliteBeside(dataDir, tables, prepareWriting));
}

/** The same on PostgreSQL. @throws StartupError */
export async function besideOnPostgres(url: string, tables: Tables): Promise<Connections> {
  const use = { options: PATIENT, applicationName: 'signpost-command' };
  return connectionsOver('postgres', await initializePostgres(postgresSource(url, tables, use)));
}

/** A command does one thing at a time, so that reading needs no connection of its own. */
async function connectionsOver(kind: Connections['kind'], source: DataSource): Promise<Connections> {
  try {
    await requireCurrentSchema(source);
  } catch (error) {
    await source.destroy();
    throw error;
  }
  return { kind, writer: source, reader: source, close: () => source.destroy() };
}

function prepareWriting(db: Sqlite.Database): void {
  db.pragma('synchronous = FULL');
  db.pragma('fullfsync = ON');
}
