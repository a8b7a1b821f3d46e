import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { createDatabase, dropDatabase, runOn } from '../support/postgres.js';

const declare = process.env['TEST_DATABASE_URL'] ? describe : describe.skip;

/** It answers, and yet the broker cannot serve with it. */
declare('a broker whose PostgreSQL', () => {
  let database = '';
  let broker: TestBroker;

  beforeAll(async () => {
    database = await createDatabase();
    broker = await TestBroker.start({ DATABASE_URL: database });
  });
  afterAll(async () => {
    await broker.remove();
    await dropDatabase(database);
  });

  async function ready(): Promise<unknown> {
    const response = await fetch(`${broker.url}/health/ready`);
    return [response.status, await response.json()];
  }
  const expectMissing = (part: string): Promise<void> =>
    eventually(async () => expect(await ready()).toEqual([503, { status: 'unavailable', missing: [part] }]));
  const expectReady = (): Promise<void> =>
    eventually(async () => expect(await ready()).toEqual([200, { status: 'ok' }]));
  const run = (sql: string): Promise<void> => runOn(database, sql);
  const name = (): string => new URL(database).pathname.slice(1);
  const END_SESSIONS =
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';

  /** By way of another database, in which sessions may write. */
  const setReadOnly = (setting: string): Promise<void> =>
    runOn(process.env['TEST_DATABASE_URL'] ?? '', `ALTER DATABASE ${name()} ${setting}`);

  test('takes no writes in sessions to come is not ready, names that, and comes back by itself', async () => {
    await setReadOnly('SET default_transaction_read_only = on');
    await expectMissing('database-writes');
    await setReadOnly('RESET default_transaction_read_only');
    await expectReady();
  });

  test('takes no writes in the sessions that are open is not ready, and is when that is over', async () => {
    await setReadOnly('SET default_transaction_read_only = on');
    await run(END_SESSIONS);
    await expectMissing('database-writes');
    await setReadOnly('RESET default_transaction_read_only');
    await expectReady();
  });

  test('has lost a table is not ready, names that, and is when it is back', async () => {
    await run('ALTER TABLE servers RENAME TO lost');
    await expectMissing('database-tables');
    await run('ALTER TABLE lost RENAME TO servers');
    await expectReady();
  });

  test('says in the log what is missing, once each time', () => {
    const about = broker.log.messages('error').filter((message) => message.includes('the database'));
    expect(about).toEqual([
      expect.stringContaining('takes no writes'),
      expect.stringContaining('takes no writes'),
      expect.stringContaining('tables are missing'),
    ]);
  });
});
