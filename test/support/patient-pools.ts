import type { DataSource } from 'typeorm';
import type { Connections } from '../../src/platform/database/connections.js';
import { PATIENT, postgresSource } from '../../src/platform/database/postgres.js';
import { tables } from '../../src/tables.js';

const LONG_MS = 60_000;

/**
 * Waits for a connection longer than a broker does (a second, R-12): where a test asks for twenty at once on a machine that has
 * much else to do, that is no sign that PostgreSQL is away. Not for tests in which it is.
 */
export function waitForConnections({ kind, writer, reader }: Connections): void {
  if (kind !== 'postgres') return;
  for (const { driver } of [writer, reader] as readonly DataSource[])
    (driver as unknown as Pooled).master.options.connectionTimeoutMillis = LONG_MS;
}

interface Pooled {
  readonly master: { readonly options: { connectionTimeoutMillis: number } };
}

/** What is asked of the schema, which may take longer than what a request waits for: on connections of its own. */
export async function patiently<T>(writer: DataSource, work: (source: DataSource) => Promise<T>): Promise<T> {
  if (writer.options.type !== 'postgres') return work(writer);
  const source = await postgresSource(writer.options.url ?? '', tables, { options: PATIENT }).initialize();
  return work(source).finally(() => source.destroy());
}

/** The names of the tables that there are, as the database has them. */
export function namesOfTables(writer: DataSource): Promise<string[]> {
  return patiently(writer, async (source) => {
    const runner = source.createQueryRunner();
    const found = await runner.getTables().finally(() => runner.release());
    return found
      .filter(({ schema }) => schema !== 'pg_catalog' && schema !== 'information_schema')
      .map(({ name }) => name.replace(/^.*\./, ''));
  });
}
