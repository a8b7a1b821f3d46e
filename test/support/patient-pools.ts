import type { DataSource } from 'typeorm';
import type { Pool, PoolClient } from 'pg';
import type { Connections } from '../../src/platform/database/connections.js';
import { FOR_EVERYTHING } from '../../src/platform/database/command-client.js';
import { commandUse, postgresSource } from '../../src/platform/database/postgres.js';
import { ImpatientClient, OrderlyClient } from '../../src/platform/database/postgres-client.js';
import { tables } from '../../src/tables.js';

const LONG_MS = 60_000;

/** Waits for its answers however long they take. */
class PatientClient extends ImpatientClient {}
const patience = { ask: Reflect.get(OrderlyClient.prototype, 'ask') as unknown };
Object.assign(PatientClient.prototype, patience);

/**
 * Waits for a connection longer than a broker does (a second, R-12): where a test asks for twenty at once on a machine that has
 * much else to do, that is no sign that PostgreSQL is away. Not for tests in which it is.
 */
export function waitForConnections(connections: Connections): void {
  for (const { options } of poolsOf(connections)) options.connectionTimeoutMillis = LONG_MS;
}

/** Waits longer for answers too (two seconds, R-12): a disk that many write to lets a commit wait as long. */
export async function waitForAnswers(connections: Connections): Promise<void> {
  waitForConnections(connections);
  for (const pool of poolsOf(connections)) {
    pool.Client = PatientClient;
    pool.options.options = pool.options.options.replace(
      /statement_timeout=\d+/,
      `statement_timeout=${LONG_MS}`,
    );
    const idle = await Promise.all(Array.from({ length: pool.idleCount }, () => pool.connect()));
    for (const client of idle) await makePatient(client);
  }
}

/** What is open has the limits that it was opened with: to open another costs PostgreSQL a process. */
async function makePatient(client: PoolClient): Promise<void> {
  Object.assign(client, patience);
  await client.query(`SET statement_timeout = ${LONG_MS}`);
  client.release();
}

/** Whether nobody uses any of them. */
export function areIdle(connections: Connections): boolean {
  return poolsOf(connections).every(({ totalCount, idleCount }) => totalCount === idleCount);
}

/** How many there are now, whatever they do. */
export function numberOf(connections: Connections): number {
  return poolsOf(connections).reduce((sum, { totalCount }) => sum + totalCount, 0);
}

/** The driver's own, with what it makes connections of. */
type OpenPool = Pool & {
  Client: typeof ImpatientClient;
  readonly options: { connectionTimeoutMillis: number; options: string };
};

function poolsOf({ kind, writer, reader }: Connections): readonly OpenPool[] {
  if (kind !== 'postgres') return [];
  return [writer, reader].map(({ driver }) => (driver as unknown as { master: OpenPool }).master);
}

/** What is asked of the schema, which may take longer than what a request waits for: on connections of its own. */
export async function patiently<T>(writer: DataSource, work: (source: DataSource) => Promise<T>): Promise<T> {
  if (writer.options.type !== 'postgres') return work(writer);
  const use = commandUse('signpost-test', FOR_EVERYTHING);
  const source = await postgresSource(writer.options.url ?? '', tables, use).initialize();
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
