import { Client, Pool } from 'pg';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { FOR_EVERYTHING } from '../../src/platform/database/command-client.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { commandUse, postgresSource } from '../../src/platform/database/postgres.js';
import { MIGRATIONS } from './schema.js';

/** Runs one statement on the database of `url`. */
export async function runOn(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const server = (): string => process.env['TEST_DATABASE_URL'] ?? '';

/** To the server of `TEST_DATABASE_URL`, one for the test file: each connection costs PostgreSQL a process. */
let administration: Pool | undefined;

async function administer(sql: string): Promise<void> {
  administration ??= new Pool({
    connectionString: server(),
    connectionTimeoutMillis: 60_000,
    max: 1,
    idleTimeoutMillis: 10_000,
    allowExitOnIdle: true,
  });
  await administration.query(sql);
}

/**
 * A fresh database on the server of `TEST_DATABASE_URL`. Copied as files: through the log costs twice as much, and each first
 * connection would gather anew what PostgreSQL keeps of its catalog in a file.
 *
 * @param like the database that it is a copy of
 * @returns its URL
 */
export async function createDatabase(like = 'template1'): Promise<string> {
  const name = `signpost_test_${new SystemRandom().hex(8)}`;
  await administer(`CREATE DATABASE ${name} TEMPLATE ${like} STRATEGY FILE_COPY`);
  const own = new URL(server());
  own.pathname = `/${name}`;
  return own.href;
}

/** The same with the schema that the migrations make: migrating costs more than copying what comes out. @returns its URL */
export async function createMigratedDatabase(): Promise<string> {
  return createDatabase(await (schema ??= makeSchema()));
}

let schema: Promise<string> | undefined;

/** Made once on a server for each version of the migrations, and kept there. @returns the name of its database */
async function makeSchema(): Promise<string> {
  const name = `signpost_schema_${MIGRATIONS.slice(0, 16)}`;
  const client = new Client({ connectionString: server(), connectionTimeoutMillis: 60_000 });
  await client.connect();
  try {
    // Other test files may be starting; the lock ends with the connection.
    await client.query("SELECT pg_advisory_lock(hashtext('signpost_schema'))");
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await rename(await migrated(), name);
  } finally {
    await client.end();
  }
  return name;
}

/** @returns the URL of a database that nobody is connected to any more */
async function migrated(): Promise<string> {
  const url = await createDatabase();
  const source = await postgresSource(url, [], commandUse('signpost-test', FOR_EVERYTHING)).initialize();
  await migrate(source).finally(() => source.destroy());
  return url;
}

/** Whole or not at all: what has that name has every migration. */
function rename(url: string, name: string): Promise<void> {
  return administer(`ALTER DATABASE ${new URL(url).pathname.slice(1)} RENAME TO ${name}`);
}

/** FORCE: a test that forgot a connection must not leave the database behind. */
export async function dropDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}
