import Sqlite from 'better-sqlite3';
import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Tables } from './connections.js';
import { makePrivate, putInPlace, syncToDisk } from './files.js';
import { migrationsUpTo } from './migrations/index.js';
import { keepAllOf } from './native-objects.js';
import { filledByPeople, type Rebuild } from './rebuild.js';
import { handleOf, initializeSqlite, sqliteFile, sqliteSource } from './sqlite.js';
import { quoted, quotedColumns, shapesOf, type Row, type TableShape } from './table-shape.js';

const SIDE_FILES = ['-wal', '-shm'];

/** Builds a new file beside the present one and puts it in its place. Only while no broker runs (`alone`). */
export function openSqliteRebuild(dataDir: string, tables: Tables): Rebuild {
  const file = sqliteFile(dataDir);
  const unfinished = `${file}.restoring`;
  const occupied = occupiedTables(file);
  const source = sqliteSource(unfinished, tables, prepareBuilding);
  let loading: Loading | undefined;
  return {
    occupied,
    begin: async (schema) => {
      rmSync(unfinished, { force: true });
      makePrivate(unfinished);
      loading = await Loading.begin(source, unfinished, schema);
    },
    insert: (table, rows) => (loading ?? neverBegun()).insert(table, rows),
    migrateUp: async () => {
      loading = await (loading ?? neverBegun()).migrateUp();
      return shapesOf(source);
    },
    finish: async () => {
      await (loading ?? neverBegun()).end();
      return putInPlaceOf(file, unfinished, occupied.length > 0);
    },
    close: async () => {
      await loading?.close();
      for (const suffix of ['', ...SIDE_FILES]) rmSync(`${unfinished}${suffix}`, { force: true });
    },
  };
}

function neverBegun(): never {
  throw new Error('a rebuild has to begin first');
}

/** Rows going into the unfinished file, in one transaction. */
class Loading {
  readonly #statements = new Map<string, Sqlite.Statement>();
  readonly #db: Sqlite.Database;

  private constructor(
    private readonly source: DataSource,
    private readonly full: DataSource,
  ) {
    this.#db = handleOf(source);
    // Checked as a whole at the end.
    this.#db.pragma('foreign_keys = OFF');
    this.#db.exec('BEGIN');
  }

  /** `full`: the same file with all migrations, not open yet. */
  static async begin(full: DataSource, file: string, schema: readonly string[]): Promise<Loading> {
    const partial = { ...full.options, migrations: migrationsUpTo(schema) } as DataSourceOptions;
    const source = new DataSource(partial);
    await initializeSqlite(source, file);
    await source.runMigrations({ transaction: 'each' });
    return new Loading(source, full);
  }

  async migrateUp(): Promise<Loading> {
    this.#db.exec('COMMIT');
    await this.source.destroy();
    await this.full.initialize();
    await this.full.runMigrations({ transaction: 'each' });
    return new Loading(this.full, this.full);
  }

  insert(table: TableShape, rows: readonly Row[]): Promise<void> {
    const statement = this.#statementFor(table);
    for (const row of rows) {
      statement.run(row.map((cell) => (typeof cell === 'boolean' ? Number(cell) : cell)));
    }
    return Promise.resolve();
  }

  /** @throws Error if rows refer to others that are not there */
  async end(): Promise<void> {
    this.#db.exec('COMMIT');
    const dangling = this.#db.pragma('foreign_key_check') as { table: string }[];
    if (dangling.length > 0)
      throw new Error(`rows of ${dangling[0]?.table} refer to others that are missing`);
    const result = this.#db.pragma('integrity_check(1)', { simple: true });
    if (result !== 'ok') throw new Error(String(result));
    await this.close();
  }

  async close(): Promise<void> {
    for (const source of [this.source, this.full]) if (source.isInitialized) await source.destroy();
  }

  #statementFor({ name, columns }: TableShape): Sqlite.Statement {
    const known = this.#statements.get(name);
    if (known) return known;
    const places = columns.map(() => '?').join(', ');
    const sql = `INSERT INTO ${quoted(name)} (${quotedColumns(columns)}) VALUES (${places})`;
    const statement = this.#db.prepare(sql);
    this.#statements.set(name, statement);
    return statement;
  }
}

/** Nothing of this file counts until it is whole: it is synced to disk then. */
function prepareBuilding(db: Sqlite.Database): void {
  db.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
}

function occupiedTables(file: string): string[] {
  if (!existsSync(file)) return [];
  let db: Sqlite.Database | undefined;
  try {
    const opened = (db = keepAllOf(new Sqlite(file)));
    const names = opened
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .pluck()
      .all() as string[];
    return filledByPeople(names).filter(
      (name) => opened.prepare(`SELECT 1 FROM ${quoted(name)} LIMIT 1`).get() !== undefined,
    );
  } catch {
    // Whatever it is, it is somebody's, and only the operator may replace it.
    return ['a file that cannot be read'];
  } finally {
    db?.close();
  }
}

/** @returns where the old file was kept, if `keep` */
function putInPlaceOf(file: string, unfinished: string, keep: boolean): string | null {
  syncToDisk(unfinished);
  const aside = keep && existsSync(file) ? freeName(`${file}.replaced`) : null;
  if (aside !== null) {
    settle(file);
    linkOrCopy(file, aside);
  }
  // What the old file left there would be read into the new one.
  for (const suffix of SIDE_FILES.filter((name) => existsSync(`${file}${name}`))) {
    if (aside === null) rmSync(`${file}${suffix}`);
    else renameSync(`${file}${suffix}`, `${aside}${suffix}`);
  }
  putInPlace(unfinished, file);
  return aside;
}

/** Brings what waits in the WAL into the file, where it can be read. */
function settle(file: string): void {
  let db: Sqlite.Database | undefined;
  try {
    db = keepAllOf(new Sqlite(file));
    db.exec('PRAGMA journal_mode = DELETE');
  } catch {
    // A damaged one is kept with its WAL beside it.
  } finally {
    db?.close();
  }
}

function linkOrCopy(file: string, aside: string): void {
  try {
    linkSync(file, aside);
  } catch {
    // Not every file system has links.
    copyFileSync(file, aside);
  }
}

function freeName(beginning: string): string {
  for (let number = 1; ; number += 1) {
    if (!existsSync(`${beginning}-${number}`)) return `${beginning}-${number}`;
  }
}
