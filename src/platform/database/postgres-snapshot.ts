import type { DataSource, QueryRunner } from 'typeorm';
import { timeOf } from '../clock/two-clocks.js';
import { FOR_EVERYTHING } from './command-client.js';
import type { Tables } from './connections.js';
import { requireCurrentOn, requireCurrentSchema } from './migrate.js';
import { commandUse, initializePostgres, postgresSource } from './postgres.js';
import type { Snapshot } from './snapshot.js';
import {
  quoted,
  quotedColumns,
  shapesOf,
  type Cell,
  type ColumnShape,
  type Row,
  type TableShape,
} from './table-shape.js';

const ROWS_AT_ONCE = 1_000;

/**
 * One moment of a PostgreSQL database: REPEATABLE READ, which holds up nobody, read through cursors.
 *
 * @throws StartupError if it cannot be reached, or its schema is not the one of this version
 */
export async function openPostgresSnapshot(url: string, tables: Tables): Promise<Snapshot> {
  const use = commandUse('signpost-backup', FOR_EVERYTHING);
  const source = await initializePostgres(postgresSource(url, tables, use));
  try {
    // `begin` looks again: it cannot lock tables that are not there yet, nor say why.
    await requireCurrentSchema(source);
    const createdAt = Math.floor(await timeOf(source));
    const runner = source.createQueryRunner();
    const schema = await begin(source, runner);
    return {
      kind: 'postgres',
      createdAt,
      schema,
      tables: shapesOf(source),
      count: (table) => countOf(runner, table),
      rows: (table) => rowsOf(runner, table),
      close: async () => {
        await runner.release();
        await source.destroy();
      },
    };
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

/**
 * The moment is that of the first statement that reads, when nobody can change a table any more: one that a restore makes anew, or a
 * migration writes anew, would look empty to who looked at another one before.
 *
 * @returns the names of the migrations of that moment
 */
async function begin(source: DataSource, runner: QueryRunner): Promise<readonly string[]> {
  // In the order in which a restore takes them, so that one of the two waits for the other.
  const names = [...source.entityMetadatas.map(({ tableName }) => tableName), 'schema_migrations'];
  await runner.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await runner.query(`LOCK TABLE ${names.map(quoted).join(', ')} IN ACCESS SHARE MODE`);
  return requireCurrentOn(source, runner);
}

async function countOf(runner: QueryRunner, table: TableShape): Promise<number> {
  const rows = (await runner.query(`SELECT COUNT(*) AS count FROM ${quoted(table.name)}`)) as {
    count: string;
  }[];
  return Number(rows[0]?.count);
}

async function* rowsOf(runner: QueryRunner, { name, columns }: TableShape): AsyncGenerator<readonly Row[]> {
  await runner.query(
    `DECLARE backup NO SCROLL CURSOR FOR SELECT ${quotedColumns(columns)} FROM ${quoted(name)}`,
  );
  for (;;) {
    const rows = (await runner.query(`FETCH ${ROWS_AT_ONCE} FROM backup`)) as Record<string, unknown>[];
    if (rows.length === 0) break;
    yield rows.map((row) => columns.map((column) => cellOf(row[column.name], column)));
  }
  await runner.query('CLOSE backup');
}

/** The driver hands large integers over as text. */
function cellOf(value: unknown, { kind }: ColumnShape): Cell {
  return kind === 'integer' && value !== null ? Number(value) : (value as Cell);
}
