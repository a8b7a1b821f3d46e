import { describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresSolitude } from '../../src/platform/database/postgres-solitude.js';
import { SqliteSolitude } from '../../src/platform/database/sqlite-solitude.js';
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
    expect([solitude.isAlone(), broken]).toEqual([true, 0]);
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
  async function onDatabase(work: (url: string) => Promise<void>): Promise<void> {
    const url = await createDatabase();
    try {
      await work(url);
    } finally {
      await dropDatabase(url);
    }
  }

  const alone = (solitude: PostgresSolitude): Promise<void> =>
    eventually(() => expect(solitude.isAlone()).toBe(true), 15_000);

  test('a process is, after a while as the only one; a second one waits until the first has noticed', () =>
    onDatabase(async (url) => {
      const first = await PostgresSolitude.open(url);
      let broken = 0;
      first.whenBroken(() => (broken += 1));
      expect([first.isAlone(), first.isVisible()]).toEqual([false, true]);
      await alone(first);
      const second = await PostgresSolitude.open(url);
      expect([first.isAlone(), second.isAlone(), broken]).toEqual([false, false, 1]);
      await second.close();
      await alone(first);
      await first.close();
      expect(first.isAlone()).toBe(false);
    }));

  test('a process that gets no answer is not; one that lost its lock may not commit; both mend by themselves', () =>
    onDatabase(async (url) => {
      const proxy = await FaultProxy.before(url);
      const solitude = await PostgresSolitude.open(proxy.url);
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
    }));
});
