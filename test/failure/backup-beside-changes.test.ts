import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { openPostgres } from '../../src/platform/database/postgres.js';
import { openPostgresSnapshot } from '../../src/platform/database/postgres-snapshot.js';
import { tables } from '../../src/tables.js';
import { eventually } from '../support/eventually.js';
import { createDatabase, dropDatabase, runOn } from '../support/postgres.js';

const declare = process.env['TEST_DATABASE_URL'] ? describe : describe.skip;

/** Fails where nobody waits for a lock of this database. */
const SOMEBODY_WAITS = `SELECT 1 / count(*) FROM pg_locks
  WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

declare('a backup of PostgreSQL', () => {
  let url = '';
  let other: Client;

  beforeAll(async () => {
    url = await createDatabase();
    await (await openPostgres(url, tables)).close();
    other = new Client({ connectionString: url });
    await other.connect();
    await other.query("INSERT INTO issued_account_ids (id) VALUES ('1'), ('2')");
  });
  afterAll(async () => {
    await other.end();
    await dropDatabase(url);
  });

  /** How many rows a backup has of each table; it waits for what `other` is doing, which then ends with `end`. */
  async function countedWhile(end: string): Promise<ReadonlyMap<string, number>> {
    const counting = counted();
    await eventually(() => runOn(url, SOMEBODY_WAITS));
    await other.query(end);
    return counting;
  }
  async function counted(): Promise<ReadonlyMap<string, number>> {
    const snapshot = await openPostgresSnapshot(url, tables);
    try {
      const counts = new Map<string, number>();
      for (const table of snapshot.tables) counts.set(table.name, await snapshot.count(table));
      return counts;
    } finally {
      await snapshot.close();
    }
  }

  test('that meets a restore has every row of before or of after: a table made anew looks empty to who looked before', async () => {
    await other.query(`BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM issued_account_ids;
      TRUNCATE issued_account_ids; INSERT INTO issued_account_ids SELECT * FROM kept`);
    expect((await countedWhile('COMMIT')).get('issued_account_ids')).toBe(2);
  });

  test('that meets a migration is refused in words, as the schema is that of another version when it can begin', async () => {
    await other.query(`BEGIN; ALTER TABLE issued_account_ids ADD COLUMN next_version bigint;
      INSERT INTO schema_migrations (timestamp, name) VALUES (99, 'Tomorrow99')`);
    try {
      await expect(countedWhile('COMMIT')).rejects.toThrow('that of another version of Signpost');
    } finally {
      await other.query('DELETE FROM schema_migrations WHERE timestamp = 99');
    }
    expect((await counted()).get('issued_account_ids')).toBe(2);
  });
});
