import type Sqlite from 'better-sqlite3';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { StartupError } from '../startup-error.js';
import { commonOptions, type Connections, type Tables } from './connections.js';
import { isLocked } from './database-errors.js';
import { migrate } from './migrate.js';
import { migrations } from './migrations/index.js';
import { lockDataFolder } from './sqlite-lock.js';

/**
 * More than the broker has kinds of statements. On Node 24 the process can abort when better-sqlite3 12 has a prepared
 * statement garbage-collected; TypeORM's own cache drops those beyond a hundred.
 */
const STATEMENTS_KEPT = 10_000;

/** Larger files are only opened, not read through, at start: a full check of a big one would cost P-8. */
const CHECKED_UP_TO_BYTES = 64 * 1024 * 1024;

/**
 * Opens (or makes) the SQLite file of a data folder.
 *
 * WAL with `synchronous=FULL`: a commit that was answered survives power loss.
 *
 * @throws StartupError if another process has it or the file is damaged; the file is kept as it is
 */
export async function openSqlite(dataDir: string, tables: Tables): Promise<Connections> {
  makeFolder(dataDir);
  const file = join(dataDir, 'signpost.sqlite');
  const lock = lockDataFolder(dataDir);
  const opened: DataSource[] = [];
  try {
    const writer = dataSource(file, tables, prepareWriter);
    await initialize(writer, file);
    opened.push(writer);
    await migrate(writer);
    const reader = dataSource(file, tables, prepareReader);
    await initialize(reader, file);
    opened.push(reader);
    return { kind: 'sqlite', writer, reader, close: () => closeAll(opened, lock) };
  } catch (error) {
    await closeAll(opened, lock);
    throw error;
  }
}

/**
 * Opens the file beside a broker that may be running, for one of its operator's commands: without the lock of the
 * folder, and without changing the schema. `UnitOfWork` waits for the other's writes.
 *
 * @throws StartupError if there is no file yet, or its schema is not this version's
 */
export async function openSqliteBeside(dataDir: string, tables: Tables): Promise<Connections> {
  const file = join(dataDir, 'signpost.sqlite');
  if (!existsSync(file))
    throw new StartupError(`There is no database in ${dataDir} yet. Start the broker once.`);
  const opened: DataSource[] = [];
  const close = (): Promise<void> => closeAll(opened, { release: () => undefined });
  try {
    const writer = dataSource(file, tables, prepareNeighbour);
    await initialize(writer, file);
    opened.push(writer);
    if (await writer.showMigrations()) {
      throw new StartupError('The database is of an older version. Start the broker of this version once.');
    }
    const reader = dataSource(file, tables, prepareReader);
    await initialize(reader, file);
    opened.push(reader);
    return { kind: 'sqlite', writer, reader, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function prepareNeighbour(db: Sqlite.Database): void {
  db.pragma('synchronous = FULL');
  db.pragma('fullfsync = ON');
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartupError(`The data folder ${dataDir} cannot be made: ${(error as Error).message}`, error);
  }
}

function dataSource(
  file: string,
  tables: Tables,
  prepareDatabase: (db: Sqlite.Database) => void,
): DataSource {
  // Waiting for a lock inside SQLite would stop the whole process: UnitOfWork waits outside instead.
  const options = {
    type: 'better-sqlite3',
    database: file,
    timeout: 0,
    prepareDatabase,
    statementCacheSize: STATEMENTS_KEPT,
  } as const;
  return new DataSource({ ...options, ...commonOptions(tables, migrations) });
}

function prepareWriter(db: Sqlite.Database): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('fullfsync = ON');
  if (statSync(db.name).size > CHECKED_UP_TO_BYTES) return;
  const result = db.pragma('quick_check(1)', { simple: true });
  if (result !== 'ok') throw new Error(String(result).replace(/\s+/g, ' '));
}

function prepareReader(db: Sqlite.Database): void {
  db.pragma('query_only = ON');
}

async function initialize(source: DataSource, file: string): Promise<void> {
  try {
    await source.initialize();
  } catch (error) {
    const { message } = error as Error;
    throw new StartupError(
      isLocked(error)
        ? `The database file ${file} is locked by another program. Close that program and start again.`
        : `The database file ${file} cannot be used: ${message}. It was left as it is; restore a backup or move it away.`,
      error,
    );
  }
}

async function closeAll(sources: readonly DataSource[], lock: { release(): void }): Promise<void> {
  for (const source of [...sources].reverse()) await source.destroy();
  lock.release();
}
