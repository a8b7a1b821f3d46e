import type Sqlite from 'better-sqlite3';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { StartupError } from '../startup-error.js';
import { bindNumbers } from './bound-numbers.js';
import { commonOptions, NO_EPOCHS, WITHOUT_LACKS, type Connections, type Tables } from './connections.js';
import { isLocked } from './database-errors.js';
import { DiskReserve } from './disk-reserve.js';
import { ofSqlite, type Found, type LookUp } from './look-up.js';
import { migrate } from './migrate.js';
import { migrations } from './migrations/index.js';
import { keepAllOf } from './native-objects.js';
import { copyBeforeMigrating, putBack, removeOlderCopies } from './sqlite-copy.js';
import { lockDataFolder } from './sqlite-lock.js';
import { performOn } from './sqlite-statements.js';
import { SqliteSolitude } from './sqlite-solitude.js';

/** More than the broker has kinds of statements (`bindNumbers`): TypeORM's own cache drops those beyond a hundred (`keepAllOf`). */
const STATEMENTS_KEPT = 10_000;

/**
 * KiB of pages that a connection keeps, resident as soon as as many were read (P-9). Of a million links the reader keeps what leads
 * to a list, and most servers: each page that is not there is a call of the kernel (P-4). A writer holds what it has changed until
 * the commit.
 */
const PAGES_KIB = { reader: 24_576, writer: 8_192 };

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
  const file = sqliteFile(dataDir);
  const lock = lockDataFolder(dataDir);
  const opened: DataSource[] = [];
  try {
    const writer = sqliteSource(file, tables, prepareWriter);
    await initializeSqlite(writer, file);
    opened.push(writer);
    await migrateOrPutBack(writer, file);
    const reader = sqliteSource(file, tables, prepareReader);
    await initializeSqlite(reader, file);
    opened.push(reader);
    const solitude = new SqliteSolitude(handleOf(writer));
    const reserve = new DiskReserve(join(dataDir, 'signpost.reserve'));
    const close = async (): Promise<void> => {
      reserve.close();
      await solitude.close();
      await closeAll(opened, lock);
    };
    const prepared = (text: string): LookUp => prepare(reader, text);
    const others = { solitude, company: null, epochs: NO_EPOCHS, reserve, lacks: WITHOUT_LACKS };
    const read: Connections['read'] = (text, values) => performOn(handleOf(reader), text, values);
    return { kind: 'sqlite', writer, reader, ...others, prepare: prepared, read, close };
  } catch (error) {
    await closeAll(opened, lock);
    throw error;
  }
}

/** The database of a data folder. */
export function sqliteFile(dataDir: string): string {
  return join(dataDir, 'signpost.sqlite');
}

/** A migration that fails leaves the database of the version before; the writer is closed then. */
async function migrateOrPutBack(writer: DataSource, file: string): Promise<void> {
  const copy = await copyBeforeMigrating(writer, file);
  try {
    await migrate(writer);
  } catch (error) {
    if (copy === null || error instanceof StartupError) throw error;
    await writer.destroy();
    putBack(copy, file);
    throw new StartupError(
      `The database ${file} could not be brought to the schema of this version: ${(error as Error).message}. It was put back as it was before, and ${copy} is a copy of that. Start the version that was used before, and report this.`,
      error,
    );
  }
  if (copy !== null) removeOlderCopies(copy, file);
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartupError(`The data folder ${dataDir} cannot be made: ${(error as Error).message}`, error);
  }
}

/** `timeout`: milliseconds for which SQLite itself waits for a lock. */
export function sqliteSource(
  file: string,
  tables: Tables,
  prepareDatabase: (db: Sqlite.Database) => void,
  timeout = 0,
): DataSource {
  // Waiting for a lock inside SQLite would stop the whole process: UnitOfWork waits outside instead.
  const options = {
    type: 'better-sqlite3',
    database: file,
    timeout,
    prepareDatabase: (db: Sqlite.Database): void => {
      keepAllOf(db);
      prepareDatabase(db);
    },
    statementCacheSize: STATEMENTS_KEPT,
  } as const;
  const source = new DataSource({ ...options, ...commonOptions(tables, migrations) });
  bindNumbers(source);
  return source;
}

/** `exec`, because `pragma` makes a prepared statement that it drops. */
function prepareWriter(db: Sqlite.Database): void {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
  db.exec(`PRAGMA cache_size = -${PAGES_KIB.writer}`);
  if (statSync(db.name).size > CHECKED_UP_TO_BYTES) return;
  const damage = damageIn(db);
  if (damage !== null) throw new Error(damage);
}

/** What is wrong with the file, on one line, or null. Reads all of it. */
export function damageIn(db: Sqlite.Database): string | null {
  const result = db.prepare('PRAGMA quick_check(1)').pluck().get();
  return result === 'ok' ? null : String(result).replace(/\s+/g, ' ');
}

export function prepareReader(db: Sqlite.Database): void {
  db.exec(`PRAGMA query_only = ON; PRAGMA cache_size = -${PAGES_KIB.reader}`);
}

function prepare(source: DataSource, text: string): LookUp {
  const statement = handleOf(source).prepare<[string], Found>(ofSqlite(text)).raw();
  return (key) => statement.get(key)?.[1];
}

/** The driver's own connection. */
export function handleOf(source: DataSource): Sqlite.Database {
  return (source.driver as unknown as { databaseConnection: Sqlite.Database }).databaseConnection;
}

export async function initializeSqlite(source: DataSource, file: string): Promise<void> {
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
  for (const source of [...sources].reverse()) if (source.isInitialized) await source.destroy();
  lock.release();
}
