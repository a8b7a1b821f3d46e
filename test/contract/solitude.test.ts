import { describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { PostgresSolitude } from '../../src/platform/database/postgres-solitude.js';
import { SqliteSolitude } from '../../src/platform/database/sqlite-solitude.js';
import { StartupError } from '../../src/platform/startup-error.js';
import { eventually } from '../support/eventually.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { createDatabase, dropDatabase } from '../support/postgres.js';

describe('alone on an SQLite file', () => {
  test('until somebody else commits to it, which is noticed within a second; own commits do not count', () => {
    const folder = mkdtempSync(join(tmpdir(), 'signpost-solitude-'));
    const file = join(folder, 'one.sqlite');
    const writer = new Sqlite(file);
    writer.pragma('journal_mode = WAL');
    writer.exec('CREATE TABLE t (a)');
    let now = 0;
    let broken = 0;
    const solitude = new SqliteSolitude(writer, () => now);
    solitude.whenBroken(() => (broken += 1));
    writer.exec('INSERT INTO t VALUES (1)');
    now += 1_000;
    expect([solitude.isAlone(), solitude.leads(), broken]).toEqual([true, true, 0]);
    const other = new Sqlite(file);
    other.exec('INSERT INTO t VALUES (2)');
    now += 999;
    expect([solitude.isAlone(), broken]).toEqual([true, 1]);
    now += 999;
    expect([solitude.isAlone(), broken]).toEqual([true, 1]);
    other.close();
    writer.close();
    rmSync(folder, { recursive: true });
  });
});

const onPostgres = process.env['TEST_DATABASE_URL'] ? describe : describe.skip;
onPostgres('alone on PostgreSQL', () => {
  // Side by side: each waits for others to be noticed, or given up, on a database of its own.
  async function onDatabase(work: (url: string) => Promise<void>): Promise<void> {
    const url = await createDatabase();
    try {
      await work(url);
    } finally {
      await dropDatabase(url);
    }
  }

  /** Less patient than in production with those who are gone, so that nobody waits for it. */
  const opened = (url: string): Promise<PostgresSolitude> => PostgresSolitude.open(url, 1_000);

  test('a start without a connection for it ends in words', async () => {
    const error = new StartupError(
      'PostgreSQL (DATABASE_URL) cannot be used: connect ECONNREFUSED 127.0.0.1:1',
    );
    await expect(opened('postgres://127.0.0.1:1/none')).rejects.toStrictEqual(error);
  });
  const alone = (solitude: PostgresSolitude): Promise<void> =>
    eventually(() => expect(solitude.isAlone()).toBe(true));

  test.concurrent(
    'several newcomers at once are answered one by one, so that the driver warns of nothing',
    () =>
      onDatabase(async (url) => {
        const warnings: string[] = [];
        const hear = ({ message }: Error): void => void warnings.push(message);
        process.on('warning', hear);
        const solitude = await opened(url);
        const newcomers = new pg.Client(url);
        await newcomers.connect();
        try {
          const answers: string[] = [];
          newcomers.on('notification', ({ payload }) => answers.push(payload ?? ''));
          // They hold what shows that they are there, and say so in one breath.
          await newcomers.query(
            'LISTEN signpost_presence; SELECT pg_advisory_lock_shared(7420196, n) FROM generate_series(1, 3) n',
          );
          await newcomers.query(
            "SELECT pg_notify('signpost_presence', n::text) FROM generate_series(1, 3) n",
          );
          const expected = [1, 2, 3].map((newcomer) => `${solitude.number} ${newcomer}`);
          await eventually(() => expect(answers).toEqual(expect.arrayContaining(expected)));
          expect(warnings).toEqual([]);
        } finally {
          process.off('warning', hear);
          await newcomers.end();
          await solitude.close();
        }
      }),
  );

  test.concurrent(
    'a process is, after a while as the only one; a second one waits until the first has noticed',
    () =>
      onDatabase(async (url) => {
        const first = await opened(url);
        let broken = 0;
        first.whenBroken(() => (broken += 1));
        expect([first.isAlone(), first.isVisible()]).toEqual([false, true]);
        await alone(first);
        const second = await opened(url);
        expect([first.isAlone(), second.isAlone(), broken]).toEqual([false, false, 1]);
        expect(first.others()).toEqual(new Set([second.number]));
        await eventually(() => expect(second.others()).toEqual(new Set([first.number])));
        await second.close();
        await alone(first);
        expect(broken).toBe(2);
        await first.close();
        expect(first.isAlone()).toBe(false);
      }),
  );

  test.concurrent('a newcomer need not wait once everybody has said that they count on it', () =>
    onDatabase(async (url) => {
      // Otherwise it would be an hour.
      const nodes = [await opened(url)];
      for (let more = 0; more < 2; more += 1) {
        nodes.push(await PostgresSolitude.open(url, 1_000, 3_600_000));
        const newcomer = nodes.at(-1)!;
        for (const node of nodes.slice(0, -1)) {
          expect(node.isAlone()).toBe(false);
          await eventually(() => expect(node.others()).toContain(newcomer.number));
        }
      }
      for (const node of nodes) await node.close();
    }),
  );

  test.concurrent('a newcomer waits for one that does not say so', () =>
    onDatabase(async (url) => {
      const silent = new pg.Client({ connectionString: url });
      await silent.connect();
      await silent.query('SELECT pg_advisory_lock_shared(7420196, 1)');
      const first = await opened(url);
      const since = performance.now();
      const second = await PostgresSolitude.open(url, 1_000, 400);
      expect(performance.now() - since).toBeGreaterThanOrEqual(400);
      for (const one of [silent.end(), first.close(), second.close()]) await one;
    }),
  );

  test.concurrent('one of them leads, and another when it is gone; each does while it does not know', () =>
    onDatabase(async (url) => {
      const proxy = await FaultProxy.before(url);
      const nodes = [await opened(proxy.url), await opened(url), await opened(url)];
      const leaders = (): (number | undefined)[] =>
        nodes.filter((node) => node.leads()).map(({ number }) => number);
      const lowest = (): number => Math.min(...nodes.map(({ number }) => number));
      const knowEachOther = (): Promise<void> =>
        eventually(() =>
          expect(nodes.map((node) => node.others()?.size)).toEqual(nodes.map(() => nodes.length - 1)),
        );
      await knowEachOther();
      expect(leaders()).toEqual([lowest()]);
      proxy.blackHole();
      await eventually(() => expect(nodes[0]?.others()).toBeNull());
      expect(nodes[0]?.leads()).toBe(true);
      proxy.heal();
      await knowEachOther();
      const [leader] = nodes.splice(
        nodes.findIndex((node) => node.leads()),
        1,
      );
      await leader?.close();
      await knowEachOther();
      expect(leaders()).toEqual([lowest()]);
      for (const node of nodes) await node.close();
      await proxy.close();
    }),
  );

  test.concurrent('who has said farewell is not waited for, though it may still be seen', () =>
    onDatabase(async (url) => {
      const [first, second] = [await opened(url), await opened(url)];
      await eventually(() => expect(first.others()).toEqual(new Set([second.number])));
      let broken = 0;
      first.whenBroken(() => (broken += 1));
      first.hasLeft(second.number);
      expect(first.isAlone()).toBe(true);
      await second.close();
      const third = await opened(url);
      expect([first.others(), broken]).toEqual([new Set([third.number]), 1]);
      for (const one of [first, third]) await one.close();
    }),
  );

  test.concurrent(
    'a process that gets no answer is not; one that lost its lock may not commit; both mend by themselves',
    () =>
      onDatabase(async (url) => {
        const proxy = await FaultProxy.before(url);
        const solitude = await opened(proxy.url);
        await alone(solitude);
        proxy.blackHole();
        await eventually(() => expect(solitude.isAlone()).toBe(false));
        expect(solitude.isVisible()).toBe(true);
        proxy.cut();
        await eventually(() => expect(solitude.isVisible()).toBe(false));
        proxy.heal();
        await eventually(() => expect(solitude.isVisible()).toBe(true));
        await alone(solitude);
        await solitude.close();
        await proxy.close();
      }),
  );

  test.concurrent('a process that is to leave its primary while it connects to it connects again', () =>
    onDatabase(async (url) => {
      const proxy = await FaultProxy.before(url);
      const solitude = await opened(proxy.url);
      proxy.cut();
      proxy.blackHole();
      const before = proxy.asked;
      await eventually(() => expect(proxy.asked).toBeGreaterThan(before));
      solitude.renew();
      proxy.heal();
      await alone(solitude);
      await solitude.close();
      await proxy.close();
    }),
  );
});
