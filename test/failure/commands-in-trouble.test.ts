import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres, stopPostgres, type PrivatePostgres } from '../../scripts/lib/postgres.mjs';
import type { Environment } from '../../src/config/index.js';
import { TestBroker } from '../support/broker.js';
import { buildBefore } from '../support/child-broker.js';
import { signpostProcess } from '../support/command.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { runOn } from '../support/postgres.js';

buildBefore();

const declare = process.env['TEST_DATABASE_URL'] ? describe : describe.skip;
const UNAVAILABLE = 69;
const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString();

declare('a command whose PostgreSQL is in trouble ends in words', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signpost-commands-'));
  let broker: TestBroker;
  let proxy: FaultProxy;

  beforeAll(async () => {
    broker = await TestBroker.start({}, 'postgres');
    await broker.close();
    proxy = await FaultProxy.before(broker.environment['DATABASE_URL'] ?? '');
  }, 60_000);
  afterAll(async () => {
    await proxy.close();
    await broker.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const throughProxy = (): Environment => ({ ...broker.environment, DATABASE_URL: proxy.url });
  const sites = async (): Promise<string> =>
    (await signpostProcess(['client', 'list'], broker.environment)).stdout;

  test('when nobody answers', async () => {
    proxy.blackHole();
    try {
      for (const { code, stderr } of await Promise.all(
        [
          ['client', 'list'],
          ['keys', 'rotate'],
          ['restore', 'accept', '--yes'],
          ['backup', join(folder, 'never')],
        ].map((args) => signpostProcess(args, throughProxy())),
      )) {
        expect([code, stderr]).toEqual([
          UNAVAILABLE,
          expect.stringMatching(/^PostgreSQL \(DATABASE_URL\) cannot be used: .*\n$/),
        ]);
      }
    } finally {
      proxy.heal();
    }
  }, 60_000);

  test('when somebody holds a lock on what it writes, and nothing is changed', async () => {
    const holder = new Client({ connectionString: broker.environment['DATABASE_URL'] });
    await holder.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE oauth_clients, restores IN EXCLUSIVE MODE');
      const said = await Promise.all(
        [
          ['client', 'add', 'forum', '--redirect', 'https://forum.example.org/back'],
          ['restore', 'hold', YESTERDAY],
        ].map((args) => signpostProcess(args, broker.environment)),
      );
      for (const { code, stderr } of said) {
        expect([code, stderr]).toEqual([
          UNAVAILABLE,
          expect.stringMatching(/^Somebody holds a lock .* Nothing was changed\.\n$/),
        ]);
      }
    } finally {
      await holder.end();
    }
    expect(await sites()).toBe('No site is registered.\n');
  }, 60_000);

  test('when the answer to its COMMIT is lost, and says how to see what became of it', async () => {
    proxy.cutAt('COMMIT');
    try {
      const site = ['client', 'add', 'wiki', '--redirect', 'https://wiki.example.org/back'];
      const { code, stdout, stderr } = await signpostProcess(site, throughProxy());
      expect([code, stdout, stderr]).toEqual([
        UNAVAILABLE,
        '',
        expect.stringMatching(
          /^PostgreSQL did not say whether the change was made: .*"signpost client list"/,
        ),
      ]);
    } finally {
      proxy.heal();
    }
  }, 60_000);
});

declare('a command whose COMMIT waits for a standby that is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signpost-commands-'));
  let own: PrivatePostgres | null = null;
  let broker: TestBroker;

  const setStandby = async (setting: string): Promise<void> => {
    await runOn(own?.url ?? '', `ALTER SYSTEM ${setting}`);
    await runOn(own?.url ?? '', 'SELECT pg_reload_conf()');
  };

  beforeAll(async () => {
    await chmod(folder, 0o711);
    own = await startPostgres(folder);
    broker = await TestBroker.start({ DATABASE_URL: own?.url ?? '' });
    await broker.close();
    await setStandby("SET synchronous_standby_names = 'nobody'");
  }, 120_000);
  afterAll(async () => {
    await setStandby('RESET synchronous_standby_names');
    await broker.remove();
    if (own) await stopPostgres(own);
    rmSync(folder, { recursive: true, force: true });
  });

  test('says so, how to see what became of it, and leaves nobody waiting', async () => {
    const orders: [string[], RegExp][] = [
      [['restore', 'hold', YESTERDAY], /"signpost restore accept"/],
      [['client', 'add', 'forum', '--redirect', 'https://forum.example.org/back'], /"signpost client list"/],
      [['keys', 'rotate'], /Rotate again/],
    ];
    const said = await Promise.all(orders.map(([args]) => signpostProcess(args, broker.environment)));
    said.forEach(({ code, stdout, stderr }, at) => {
      expect([code, stdout]).toEqual([UNAVAILABLE, '']);
      expect(stderr).toMatch(/standby .* \(synchronous_standby_names\)/);
      expect(stderr).toMatch(orders[at]?.[1] ?? /never/);
    });
    await runOn(
      own?.url ?? '',
      "SELECT 1 / (1 - count(*)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
    );
    const { stdout } = await signpostProcess(['client', 'list'], broker.environment);
    expect(stdout).toMatch(/^forum /);
  }, 60_000);
});
