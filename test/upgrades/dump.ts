import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type EntityMetadata } from 'typeorm';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import type { Connections } from '../../src/platform/database/connections.js';
import { CONNECTIONS } from '../../src/platform/database/database.module.js';
import { migrationsUpTo, schemaNames } from '../../src/platform/database/migrations/index.js';
import { shapesOf, type Cell } from '../../src/platform/database/table-shape.js';
import { TestBroker } from '../support/broker.js';
import { live, type Proofs } from './life.js';

interface DumpedTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

type DumpedTables = Readonly<Record<string, DumpedTable>>;

/** A database as it stood before a migration came: tables in the order in which their rows can be added. */
export interface Dump {
  readonly schema: readonly string[];
  readonly proofs: Proofs;
  readonly tables: DumpedTables;
}

const folder = inCheckout('test/upgrades');
/** One for all dumps: what it has sealed must open for ever. */
export const RING = join(folder, 'keyring.dump');

const fileOf = (migration: string): string => join(folder, `${migration}.dump`);

export function readDump(migration: string): Dump {
  return JSON.parse(readFileSync(fileOf(migration), 'utf8')) as Dump;
}

/** Takes what is missing; never again what is there. The past is what its schema had of a database of today. */
export async function takeMissing(): Promise<void> {
  const missing = schemaNames.filter((name) => !existsSync(fileOf(name)));
  if (missing.length === 0) return;
  const today = await takeToday();
  for (const name of missing) {
    const schema = schemaNames.slice(0, schemaNames.indexOf(name) + 1);
    const tables = await cutDown(today.tables, schema);
    writeFileSync(fileOf(name), written({ ...today, schema, tables }), { flag: 'wx' });
  }
}

async function takeToday(): Promise<Dump> {
  const work = mkdtempSync(join(tmpdir(), 'signpost-dump-'));
  const ring = join(work, 'keyring.json');
  if (existsSync(RING)) copyFileSync(RING, ring);
  const broker = await TestBroker.start({ KEY_RING_FILE: ring });
  try {
    const proofs = await live(broker);
    const { writer } = broker.app.get<Connections>(CONNECTIONS);
    for (const table of writer.entityMetadatas) await fillIfEmpty(writer, table);
    const tables: Record<string, DumpedTable> = {};
    for (const { name, columns } of shapesOf(writer)) {
      const names = columns.map((column) => column.name);
      const rows = await writer.query<Record<string, Cell>[]>(`SELECT * FROM "${name}"`);
      const isFlag = new Set(columns.filter(({ kind }) => kind === 'boolean').map((column) => column.name));
      const cell = (value: Cell = null, of: string): Cell =>
        isFlag.has(of) && value !== null ? value === 1 : value;
      tables[name] = { columns: names, rows: rows.map((row) => names.map((one) => cell(row[one], one))) };
    }
    if (!existsSync(RING)) copyFileSync(ring, RING);
    return { schema: schemaNames, proofs, tables };
  } finally {
    await broker.remove();
    rmSync(work, { recursive: true });
  }
}

const FILLERS: Readonly<Record<string, Cell>> = { boolean: 0, bigint: 3, integer: 3 };

/** A row where such a life leaves none: columns by kind, references to a row that there is, nothing left open. */
async function fillIfEmpty(source: DataSource, table: EntityMetadata): Promise<void> {
  const first = async (name: string): Promise<Record<string, Cell> | undefined> =>
    (await source.query<Record<string, Cell>[]>(`SELECT * FROM "${name}" LIMIT 1`))[0];
  if ((await first(table.tableName)) !== undefined) return;
  const kinds = table.columns.map(
    (column) => [column.databaseName, source.driver.normalizeType(column)] as const,
  );
  const row = new Map<string, Cell>(kinds.map(([name, kind]) => [name, FILLERS[kind] ?? 'x']));
  for (const { columns, referencedEntityMetadata: parent } of table.foreignKeys) {
    const id = (await first(parent.tableName))?.['id'] ?? null;
    for (const { databaseName } of columns) row.set(databaseName, id);
  }
  await insert(source, table.tableName, [...row.keys()], [...row.values()]);
}

/** What of the tables a schema of the past had. */
async function cutDown(tables: DumpedTables, schema: readonly string[]): Promise<DumpedTables> {
  const past = await migrated({ type: 'better-sqlite3', database: ':memory:' }, schema);
  const left: Record<string, DumpedTable> = {};
  for (const [name, { columns, rows }] of Object.entries(tables)) {
    const found = await past.query<{ name: string }[]>(`PRAGMA table_info("${name}")`);
    const kept = columns.flatMap((column, at) => (found.some((one) => one.name === column) ? [at] : []));
    if (kept.length === 0) continue;
    const only = <T>(of: readonly T[]): T[] => kept.flatMap((at) => of.slice(at, at + 1));
    left[name] = { columns: only(columns), rows: rows.map(only) };
  }
  await past.destroy();
  return left;
}

export type Place =
  | { readonly type: 'better-sqlite3'; readonly database: string }
  | { readonly type: 'postgres'; readonly url: string };

/** A database with the schema of a dump, open. */
export async function migrated(place: Place, schema: readonly string[]): Promise<DataSource> {
  const source = new DataSource({
    ...place,
    migrations: migrationsUpTo(schema),
    migrationsTableName: 'schema_migrations',
  });
  await source.initialize();
  await source.runMigrations({ transaction: 'each' });
  return source;
}

/** Makes the database of the past in an empty one. */
export async function load(dump: Dump, place: Place): Promise<void> {
  const source = await migrated(place, dump.schema);
  for (const [table, { columns, rows }] of Object.entries(dump.tables)) {
    for (const row of rows) await insert(source, table, columns, row);
  }
  await source.destroy();
}

async function insert(
  source: DataSource,
  table: string,
  columns: readonly string[],
  row: readonly Cell[],
): Promise<void> {
  const isPostgres = source.options.type === 'postgres';
  const marks = columns.map((_, at) => (isPostgres ? `$${at + 1}` : '?')).join(', ');
  const names = columns.map((name) => `"${name}"`).join(', ');
  // SQLite has no booleans of its own.
  const cells = row.map((cell) => (typeof cell === 'boolean' && !isPostgres ? Number(cell) : cell));
  await source.query(`INSERT INTO "${table}" (${names}) VALUES (${marks})`, cells);
}

/** A row a line: what changes is seen. */
function written({ tables, ...head }: Dump): string {
  const parts = Object.entries(tables).map(([name, { columns, rows }]) => {
    const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
    return `"${name}": { "columns": ${JSON.stringify(columns)}, "rows": [\n${lines}\n] }`;
  });
  return `${JSON.stringify(head).slice(0, -1)},\n"tables": {\n${parts.join(',\n')}\n} }\n`;
}
