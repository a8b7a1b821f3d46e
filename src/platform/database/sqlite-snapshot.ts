import type Sqlite from 'better-sqlite3';
import { existsSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { SystemClock } from '../clock/system-clock.js';
import { StartupError } from '../startup-error.js';
import type { Tables } from './connections.js';
import { requireCurrentSchema } from './migrate.js';
import { keepAlive } from './native-objects.js';
import type { Snapshot } from './snapshot.js';
import { damageIn, handleOf, initializeSqlite, prepareReader, sqliteFile, sqliteSource } from './sqlite.js';
import { quoted, quotedColumns, shapesOf, type Cell, type Row, type TableShape } from './table-shape.js';

const ROWS_AT_ONCE = 500;
/** A broker that is just writing is waited for. */
const LOCK_WAIT_MS = 5_000;

/**
 * One moment of a SQLite file. In WAL mode a reader holds up no writer; what is written meanwhile waits in the WAL.
 *
 * @throws StartupError if there is no file, it is damaged, or its schema is not the one of this version
 */
export async function openSqliteSnapshot(dataDir: string, tables: Tables): Promise<Snapshot> {
  const file = sqliteFile(dataDir);
  const source = await openSqliteBeside(dataDir, tables, prepareReader);
  try {
    const db = handleOf(source);
    const createdAt = new SystemClock().now();
    // The moment is that of the first statement.
    db.exec('BEGIN');
    const schema = await requireCurrentSchema(source);
    refuseDamaged(db, file);
    return {
      kind: 'sqlite',
      createdAt,
      schema,
      tables: shapesOf(source),
      count: (table) => Promise.resolve(countOf(db, table)),
      rows: (table) => rowsOf(db, table),
      close: () => source.destroy(),
    };
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

/** The file of a broker that may be running, without its lock. @throws StartupError */
export async function openSqliteBeside(
  dataDir: string,
  tables: Tables,
  prepare: (db: Sqlite.Database) => void,
): Promise<DataSource> {
  const file = sqliteFile(dataDir);
  if (!existsSync(file)) throw new StartupError(`There is no database ${file}. Check DATA_DIR.`);
  const source = sqliteSource(file, tables, prepare, LOCK_WAIT_MS);
  await initializeSqlite(source, file);
  return source;
}

function refuseDamaged(db: Sqlite.Database, file: string): void {
  const damage = damageIn(db);
  if (damage === null) return;
  throw new StartupError(
    `The database file ${file} is damaged: ${damage}. No backup was made; keep the last good one.`,
  );
}

function countOf(db: Sqlite.Database, table: TableShape): number {
  const statement = db.prepare(`SELECT COUNT(*) FROM ${quoted(table.name)}`).pluck();
  return statement.get() as number;
}

async function* rowsOf(db: Sqlite.Database, { name, columns }: TableShape): AsyncGenerator<readonly Row[]> {
  const statement = db.prepare(`SELECT ${quotedColumns(columns)} FROM ${quoted(name)}`).raw();
  const flags = columns.map(({ kind }) => kind === 'boolean');
  let batch: Row[] = [];
  for (const cells of keepAlive(statement.iterate()) as IterableIterator<Cell[]>) {
    batch.push(cells.map((cell, at) => (flags[at] && cell !== null ? cell === 1 : cell)));
    if (batch.length < ROWS_AT_ONCE) continue;
    yield await Promise.resolve(batch);
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
