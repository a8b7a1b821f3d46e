import { describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import type { SqlInMemory } from 'typeorm/driver/SqlInMemory.js';
import { ACCEPTED_OF_ACCOUNT, LIVE_OF_ACCOUNT } from '../../src/features/links/link-rows.js';
import { tables } from '../../src/tables.js';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import { commonOptions } from '../../src/platform/database/connections.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { openPostgres } from '../../src/platform/database/postgres.js';
import { ofSqlite } from '../../src/platform/database/look-up.js';
import { handleOf } from '../../src/platform/database/sqlite.js';
import { StartupError } from '../../src/platform/startup-error.js';
import { eachDatabase, postgresOnly, sqliteOnly, type OpenDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { namesOfTables, patiently } from '../support/patient-pools.js';
import { createDatabase, dropDatabase, runOn } from '../support/postgres.js';

/** With a migration of a table that must be made before. */
const locking = (url: string): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    ...commonOptions([], []),
    migrations: [AddsColumn1],
    extra: { options: '-c lock_timeout=100' },
  });

const drift = (writer: DataSource): Promise<SqlInMemory> =>
  patiently(writer, ({ driver }) => driver.createSchemaBuilder().log());

eachDatabase('the schema', tables, (open) => {
  test('that the migrations make is the one that the entities describe', async () => {
    const { upQueries, downQueries } = await drift((await open()).connections.writer);
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    expect(downQueries.map(({ query }) => query)).toEqual([]);
  });

  test('can be taken down to nothing and made again', async () => {
    const { connections } = await open();
    const { writer } = connections;
    const names = async (): Promise<string[]> => {
      const own = new Set(writer.entityMetadatas.map(({ tableName }) => tableName));
      return (await namesOfTables(writer)).filter((name) => own.has(name));
    };
    expect((await names()).sort()).toEqual(writer.entityMetadatas.map(({ tableName }) => tableName).sort());
    await patiently(writer, async (source) => {
      for (let left = source.migrations.length; left > 0; left -= 1)
        await source.undoLastMigration({ transaction: 'each' });
    });
    expect(await names()).toEqual([]);
    await connections.close();
    expect((await drift((await open()).connections.writer)).upQueries).toEqual([]);
  });

  /** As a newer version leaves it. */
  async function upgraded({ connections }: OpenDatabase, name: string): Promise<void> {
    await connections.writer.query(`INSERT INTO schema_migrations (timestamp, name) VALUES (99, '${name}')`);
    await connections.close();
  }
  /** The PostgreSQL database of this file outlives the test. */
  async function forgetTomorrow({ connections: { writer } }: OpenDatabase): Promise<void> {
    const forget = 'DELETE FROM schema_migrations WHERE timestamp = 99';
    if (writer.options.type === 'postgres') await runOn(writer.options.url ?? '', forget);
  }

  test('to which a newer version has added something is used: a node may start again, or go back (R-32)', async () => {
    const database = await open();
    await upgraded(database, 'Tomorrow99');
    try {
      const { connections, unitOfWork } = await open();
      await unitOfWork.run(async () => {
        await unitOfWork.writing.insert(KeyCanaryEntity, { keyId: 'a', use: 'test', value: 'v' });
      });
      expect(await connections.reader.manager.count(KeyCanaryEntity)).toBe(1);
    } finally {
      await forgetTomorrow(database);
    }
  });

  test('from which a newer version has taken something away is refused, with a word on what to do', async () => {
    const database = await open();
    await upgraded(database, 'TomorrowContract99');
    try {
      await expect(open()).rejects.toThrow(StartupError);
      await expect(open()).rejects.toThrow(/\(TomorrowContract99\)\. Start that version, or restore/);
    } finally {
      await forgetTomorrow(database);
    }
  });

  test('keeps what was answered: every commit reaches the disk (R-03)', async () => {
    const { connections } = await open();
    const setting = async (sql: string): Promise<unknown> =>
      Object.values((await connections.writer.query<Record<string, unknown>[]>(sql))[0] ?? {})[0];
    if (connections.kind === 'sqlite') {
      expect(await setting('PRAGMA journal_mode')).toBe('wal');
      expect(await setting('PRAGMA synchronous')).toBe(2);
      expect(await setting('PRAGMA foreign_keys')).toBe(1);
    } else {
      for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
        expect([name, await setting(`SHOW ${name}`)]).toEqual([name, 'on']);
      }
    }
  });
});

class AddsColumn1 implements MigrationInterface {
  readonly name = 'AddsColumn1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE busy ADD COLUMN colour text');
  }

  down(): Promise<void> {
    return Promise.resolve();
  }
}

const onPostgres = process.env['TEST_DATABASE_URL'] ? describe : describe.skip;

onPostgres('PostgreSQL at start', () => {
  test('that could lose acknowledged changes is refused by the name of the setting', async () => {
    const url = await createDatabase();
    const name = new URL(url).pathname.slice(1);
    try {
      await runOn(url, `ALTER DATABASE ${name} SET synchronous_commit = off`);
      await expect(openPostgres(url, tables)).rejects.toThrow(
        'PostgreSQL runs with synchronous_commit=off: acknowledged changes could be lost. Set synchronous_commit=on.',
      );
    } finally {
      await dropDatabase(url);
    }
  });

  test('whose role may not make tables is refused with a word on what to do', async () => {
    const url = await createDatabase();
    try {
      await runOn(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET role = pg_read_all_data`);
      await expect(openPostgres(url, tables)).rejects.toThrow(
        /role of DATABASE_URL: permission denied for schema public\. Make it the owner of the database/,
      );
    } finally {
      await dropDatabase(url);
    }
  });

  test('is waited for while another node migrates it, however long that takes', async () => {
    const url = await createDatabase();
    const other = new Client({ connectionString: url });
    await other.connect();
    try {
      await other.query('SELECT pg_advisory_lock(7420195)');
      const opening = openPostgres(url, tables);
      await eventually(async () => {
        expect(await waitingFor(other, "locktype = 'advisory'")).toBe(1);
      });
      // Longer than a statement of a request may take.
      await other.query('SELECT pg_sleep(2.6)');
      await other.query('SELECT pg_advisory_unlock(7420195)');
      await (await opening).close();
    } finally {
      await other.end();
      await dropDatabase(url);
    }
  });

  test('holds up nobody while a migration waits for a table that somebody uses, and gets it in the end (R-32)', async () => {
    const url = await createDatabase();
    const [user, visitor] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
    await Promise.all([user.connect(), visitor.connect()]);
    const source = locking(url);
    try {
      await user.query('CREATE TABLE busy (id integer)');
      await user.query('BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE');
      const migrating = source.initialize().then(migrate);
      await eventually(async () => {
        expect(await waitingFor(visitor, "mode = 'AccessExclusiveLock'")).toBe(1);
      });
      // Queues behind the migration, and is let past when that gives up for now.
      expect((await visitor.query('SELECT * FROM busy')).fields).toHaveLength(1);
      await user.query('COMMIT');
      await migrating;
      expect((await visitor.query('SELECT * FROM busy')).fields).toHaveLength(2);
    } finally {
      await source.destroy();
      await Promise.all([user.end(), visitor.end()]);
      await dropDatabase(url);
    }
  });

  test('that somebody keeps a lock which a migration needs is told in words', async () => {
    const url = await createDatabase();
    const user = new Client({ connectionString: url });
    await user.connect();
    const source = locking(url);
    try {
      await user.query('CREATE TABLE busy (id integer)');
      await user.query('BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE');
      await source.initialize();
      const failure = await migrate(source, { attempts: 2, pauseMs: 1 }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StartupError);
      expect((failure as Error).message).toMatch(/keeps a lock in PostgreSQL .*lock timeout/);
    } finally {
      await source.destroy();
      await user.end();
      await dropDatabase(url);
    }
  });

  test.each(['postgres://nobody@127.0.0.1:1/none', 'postgres://nobody:pass-word@localhost:1/none'])(
    'that cannot be reached is told in words, without the password: %s',
    async (url) => {
      const failure = await openPostgres(url, tables).catch((error: unknown) => error as Error);
      expect(failure).toBeInstanceOf(StartupError);
      expect((failure as Error).message).toMatch(
        /PostgreSQL \(DATABASE_URL\) cannot be used: .*ECONNREFUSED/,
      );
      expect((failure as Error).message).not.toContain('pass-word');
    },
  );
});

sqliteOnly('statements', keyTables, (open) => {
  test('are prepared once, whatever numbers stand in them, and compare whole numbers as such', async () => {
    const { connections, unitOfWork } = await open();
    const canary = { keyId: 'a', use: 'test', value: 'four' };
    await unitOfWork.run(() => unitOfWork.writing.insert(KeyCanaryEntity, canary));
    const reader = handleOf(connections.reader);
    const prepare = reader.prepare.bind(reader);
    let prepared = 0;
    reader.prepare = (source: string) => {
      prepared += 1;
      return prepare(source);
    };
    const found = [];
    for (let most = 2; most < 7; most += 1) {
      const query = unitOfWork.reading.createQueryBuilder(KeyCanaryEntity, 'canary');
      query.where(`length(canary.value) <= :most AND typeof(:most) = 'integer'`, { most });
      found.push(await query.getCount());
    }
    expect([found, prepared]).toEqual([[0, 0, 1, 1, 1], 1]);
  });
});

sqliteOnly('the links of an account', tables, (open) => {
  test.each([
    ['accepted', ACCEPTED_OF_ACCOUNT],
    ['waiting or accepted', LIVE_OF_ACCOUNT],
  ])('that are %s are read from one place (P-4)', async (_, text) => {
    const { connections } = await open();
    const plan = handleOf(connections.reader)
      .prepare(`EXPLAIN QUERY PLAN ${ofSqlite(text)}`)
      .all('1');
    expect((plan as { detail: string }[])[0]?.detail).toMatch(
      /^SEARCH l USING COVERING INDEX links_of_account /,
    );
  });
});

postgresOnly('a look-up', tables, (open) => {
  test('is planned once for each connection, however few ask for it (P-3)', async () => {
    const { connections } = await open();
    const find = connections.prepare(ACCEPTED_OF_ACCOUNT);
    const asked = 8;
    for (let nth = 0; nth < asked; nth += 1) expect(await find(String(nth))).toBeUndefined();
    const [plans] = await connections.reader.query<unknown[]>(
      'SELECT generic_plans::int AS once, custom_plans::int AS anew FROM pg_prepared_statements',
    );
    expect(plans).toEqual({ once: asked, anew: 0 });
  });
});

/** How many in the database of `client` wait for such a lock: other test files have theirs on the same server. */
async function waitingFor(client: Client, lock: string): Promise<number | null> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_locks WHERE ${lock} AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rowCount;
}
