import { DataSource, MigrationExecutor, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { StartupError } from '../startup-error.js';
import { FOR_EVERYTHING } from './command-client.js';
import type { Tables } from './connections.js';
import { appliedMigrations } from './migrate.js';
import { migrationsUpTo } from './migrations/index.js';
import { commandUse, initializePostgres, postgresSource } from './postgres.js';
import { filledByPeople, type Rebuild } from './rebuild.js';
import { quoted, quotedColumns, shapesOf, type Row, type TableShape } from './table-shape.js';

/** Everything in one transaction, tables included: others see the old database or the new one. */
export async function openPostgresRebuild(url: string, tables: Tables): Promise<Rebuild> {
  const use = commandUse('signpost-restore', FOR_EVERYTHING);
  const source = await initializePostgres(postgresSource(url, tables, use));
  try {
    await refuseNewer(source);
    const occupied = await occupiedTables(source);
    const runner = source.createQueryRunner();
    return {
      occupied,
      begin: (schema) => begin(source, runner, schema),
      insert: (table, rows) => insert(runner, table, rows),
      migrateUp: async () => {
        await migrateWithin(source, runner);
        return shapesOf(source);
      },
      finish: async () => {
        await runner.commitTransaction();
        return null;
      },
      close: async () => {
        if (runner.isTransactionActive) await runner.rollbackTransaction();
        await runner.release();
        await source.destroy();
      },
    };
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

/** Its tables are unknown here, and would be left lying about. */
async function refuseNewer(source: DataSource): Promise<void> {
  const known = new Set(source.migrations.map(({ name }) => name));
  if ((await appliedMigrations(source)).every(({ name }) => known.has(name))) return;
  throw new StartupError(
    'The database was used by a newer version of Signpost, whose tables this one does not know. Make an empty database, name it in DATABASE_URL, and restore into that.',
  );
}

async function occupiedTables(source: DataSource): Promise<string[]> {
  const occupied: string[] = [];
  for (const name of filledByPeople(await presentTables(source))) {
    const rows = await source.query<unknown[]>(`SELECT 1 FROM ${quoted(name)} LIMIT 1`);
    if (rows.length > 0) occupied.push(name);
  }
  return occupied;
}

async function presentTables(source: DataSource): Promise<string[]> {
  const rows = await source.query<{ name: string }[]>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()',
  );
  const ours = new Set(source.entityMetadatas.map(({ tableName }) => tableName));
  return rows.map(({ name }) => name).filter((name) => ours.has(name));
}

async function begin(source: DataSource, runner: QueryRunner, schema: readonly string[]): Promise<void> {
  await runner.connect();
  await runner.startTransaction();
  // An older one may have tables that are gone since: this version knows how they go.
  await migrateWithin(source, runner);
  const ours = source.entityMetadatas.map(({ tableName }) => tableName);
  for (const name of [...ours, 'schema_migrations', 'typeorm_metadata']) {
    await runner.query(`DROP TABLE IF EXISTS ${quoted(name)} CASCADE`);
  }
  const partial = { ...source.options, migrations: migrationsUpTo(schema) } as DataSourceOptions;
  const past = await initializePostgres(new DataSource(partial));
  try {
    await migrateWithin(past, runner);
  } finally {
    await past.destroy();
  }
}

/** Runs what is missing as part of the open transaction. */
async function migrateWithin(source: DataSource, runner: QueryRunner): Promise<void> {
  const executor = new MigrationExecutor(source, runner);
  executor.transaction = 'all';
  await executor.executePendingMigrations();
}

/** PostgreSQL itself turns the JSON into the types of the table. */
async function insert(
  runner: QueryRunner,
  { name, columns }: TableShape,
  rows: readonly Row[],
): Promise<void> {
  const records = rows.map((row) => Object.fromEntries(columns.map((column, at) => [column.name, row[at]])));
  const names = quotedColumns(columns);
  await runner.query(
    `INSERT INTO ${quoted(name)} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${quoted(name)}, $1::json)`,
    [JSON.stringify(records)],
  );
}
