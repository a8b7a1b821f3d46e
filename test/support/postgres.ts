import { Client } from 'pg';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';

/** Runs one statement on the server of `TEST_DATABASE_URL`, or on the database of `url`. */
export async function runOn(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A fresh database on the server of `TEST_DATABASE_URL`. @returns its URL */
export async function createDatabase(): Promise<string> {
  const server = process.env['TEST_DATABASE_URL'] ?? '';
  const name = `signpost_test_${new SystemRandom().hex(8)}`;
  await runOn(server, `CREATE DATABASE ${name}`);
  const own = new URL(server);
  own.pathname = `/${name}`;
  return own.href;
}

/** FORCE: a test that forgot a connection must not leave the database behind. */
export async function dropDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await runOn(process.env['TEST_DATABASE_URL'] ?? '', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}
