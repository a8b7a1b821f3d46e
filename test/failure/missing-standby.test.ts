import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, stopPostgres, type PrivatePostgres } from '../../scripts/lib/postgres.mjs';
import { OpsListener } from '../../src/edges/ops/ops-listener.service.js';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { openPostgres } from '../../src/platform/database/postgres.js';
import { MINUTE } from '../../src/shared/clock.js';
import { ask } from '../connect/ask.js';
import { TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { runOn } from '../support/postgres.js';
import { Scraper } from '../support/scrape.js';

/** One of its own: what is set here counts for all databases of a server. */
let own: PrivatePostgres | null = null;
const folder = mkdtempSync(join(tmpdir(), 'signpost-standby-'));

beforeAll(async () => {
  if (!process.env['TEST_DATABASE_URL']) return;
  await chmod(folder, 0o711);
  own = await startPostgres(folder);
}, 120_000);
afterEach(() => letCommit());
afterAll(async () => {
  if (own) await stopPostgres(own);
  rmSync(folder, { recursive: true, force: true });
});

const here = process.env['TEST_DATABASE_URL'] ? test : test.skip;
const url = (): string => own?.url ?? '';

async function setStandby(setting: string): Promise<void> {
  await runOn(url(), `ALTER SYSTEM ${setting}`);
  await runOn(url(), 'SELECT pg_reload_conf()');
}
const letCommit = (): Promise<void> =>
  own ? setStandby('RESET synchronous_standby_names') : Promise.resolve();

const loseStandby = (): Promise<void> => setStandby("SET synchronous_standby_names = 'nobody'");

async function freshDatabase(name: string): Promise<string> {
  await runOn(url(), `CREATE DATABASE ${name}`);
  const database = new URL(url());
  database.pathname = `/${name}`;
  return database.href;
}

/** A COMMIT waits for the standby. */
const expectWaiting = (): Promise<void> =>
  eventually(() => runOn(url(), "SELECT 1 / count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"));

here(
  'a first start whose synchronous standby is missing ends in words, and leaves nobody behind',
  async () => {
    const database = await freshDatabase('gives_up');
    await loseStandby();
    await expect(openPostgres(database, keyTables)).rejects.toThrow(/standby that is not there/);
    await runOn(url(), "SELECT 1 / (1 - count(*)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    await letCommit();
    await (await openPostgres(database, keyTables)).close();
  },
  60_000,
);

here(
  'a first start goes on when the standby comes in time',
  async () => {
    const database = await freshDatabase('goes_on');
    await loseStandby();
    const opening = openPostgres(database, keyTables);
    await expectWaiting();
    await letCommit();
    await (await opening).close();
  },
  60_000,
);

here(
  'a synchronous standby that goes missing later is told of: to whoever asks for readiness, once in the log, and as a metric',
  async () => {
    const broker = await TestBroker.start({ DATABASE_URL: await freshDatabase('serves') });
    const register = async (name: string): Promise<number> => {
      const form = { name, url: `https://${name}.example.org:8920`, systemId: name };
      return (await ask(broker, 'POST', 'Servers', { form })).status;
    };
    const ready = async (): Promise<unknown> => {
      const response = await fetch(`${broker.url}/health/ready`);
      return [response.status, await response.json()];
    };
    const metrics = new Scraper(await broker.app.get(OpsListener).listen());
    const missing = async (): Promise<unknown> => (await metrics.scraped()).get('signpost_standby_missing');
    try {
      expect(await register('before')).toBe(200);
      await loseStandby();
      // Brokers of tests wait longer than others for an answer.
      const waiting = register('waiting');
      const told = { status: 'ok', notices: ['standby-missing'] };
      await eventually(async () => expect(await ready()).toEqual([200, told]));
      expect(await missing()).toBe(1);
      expect(broker.log.messages('error').filter((message) => message.includes('standby'))).toHaveLength(1);
      await letCommit();
      expect(await waiting).toBe(200);
      broker.clock.advance(MINUTE);
      expect(await ready()).toEqual([200, { status: 'ok' }]);
      expect(await missing()).toBe(0);
    } finally {
      await broker.remove();
    }
  },
  60_000,
);
