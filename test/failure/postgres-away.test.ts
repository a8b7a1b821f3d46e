import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import dns from 'node:dns';
import { setImmediate } from 'node:timers/promises';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { openPostgres } from '../../src/platform/database/postgres.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { eventually } from '../support/eventually.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { waitForConnections } from '../support/patient-pools.js';
import { createDatabase, dropDatabase, runOn } from '../support/postgres.js';

const declare = process.env['TEST_DATABASE_URL'] ? describe : describe.skip;

declare('units of work when PostgreSQL stops answering', () => {
  let database = '';
  let proxy: FaultProxy;
  let connections: Connections;
  let unitOfWork: UnitOfWork;

  beforeAll(async () => {
    database = await createDatabase();
    proxy = await FaultProxy.before(database);
    connections = await openPostgres(proxy.url, keyTables);
    // Nobody connects while nothing gets through: whoever waits for a connection waits for a machine that is busy.
    waitForConnections(connections);
    unitOfWork = new UnitOfWork(connections, new SystemRandom());
  });
  afterEach(() => proxy.heal());
  afterAll(async () => {
    await connections.close();
    await proxy.close();
    await dropDatabase(database);
  });

  const insert = (keyId: string): Promise<unknown> =>
    unitOfWork.writing.insert(KeyCanaryEntity, { keyId, use: 'test', value: 'v' });
  const stored = async (): Promise<string[]> =>
    (await unitOfWork.reading.find(KeyCanaryEntity)).map(({ keyId }) => keyId).sort();

  test('what was begun before a black hole is never committed by somebody who comes after it', async () => {
    const half = unitOfWork.run(async () => {
      await insert('half done');
      proxy.blackHole();
      await insert('never arrives in time');
    });
    await expect(half).rejects.toThrow();
    proxy.heal();
    const ones = Array.from({ length: 20 }, (_, n) => `after-${String(n).padStart(2, '0')}`);
    await Promise.all(ones.map((keyId) => unitOfWork.run(() => insert(keyId))));
    expect(await stored()).toEqual(ones);
  });

  test('a cut in the middle undoes the unit of work and the next one works', async () => {
    const before = await stored();
    const half = unitOfWork.run(async () => {
      await insert('half done');
      proxy.cut();
      await insert('after the cut');
    });
    await expect(half).rejects.toThrow();
    proxy.heal();
    await eventually(() => unitOfWork.run(() => insert('healed')));
    expect(await eventually(stored)).toEqual([...before, 'healed'].sort());
  });

  test('a COMMIT for which the connection had gone already is a failure, and not in doubt', async () => {
    const before = await stored();
    const heard: string[] = [];
    const half = unitOfWork.run(async () => {
      unitOfWork.afterCommit(
        () => heard.push('committed'),
        () => heard.push('in doubt'),
      );
      await insert('half done');
      proxy.cut();
      // Passed over, so that the unit of work goes on to its COMMIT.
      await insert('after the cut').catch(() => undefined);
    });
    await expect(half).rejects.toThrow();
    expect(heard).toEqual([]);
    proxy.heal();
    expect(await eventually(stored)).toEqual(before);
  });

  test('while no name server answers, new connections lead to where the database was', async () => {
    const url = new URL(proxy.url);
    url.hostname = 'localhost';
    const named = await openPostgres(url.href, keyTables);
    const asked = jest.spyOn(dns, 'lookup').mockReturnValue(undefined);
    try {
      proxy.cut();
      proxy.heal();
      for (const pool of [named.reader, named.writer]) await eventually(() => pool.query('SELECT 1'));
      expect(asked).toHaveBeenCalled();
    } finally {
      asked.mockRestore();
      await named.close();
    }
  });

  test('a start waits for a database that takes longer than a request may wait', async () => {
    proxy.blackHole();
    const opening = openPostgres(proxy.url, keyTables);
    await runOn(database, 'SELECT pg_sleep(1.5)');
    proxy.heal();
    await (await opening).close();
  });

  test('while no connection can be made a pool tries one at a time, and serves as before when it can', async () => {
    const near = await openPostgres(proxy.url, keyTables);
    const askAtOnce = async (): Promise<number> => {
      const asked = Array.from({ length: 20 }, () => near.reader.query('SELECT 1'));
      const answers = await Promise.allSettled(asked);
      return answers.filter(({ status }) => status === 'fulfilled').length;
    };
    try {
      proxy.cut();
      proxy.blackHole();
      expect(await askAtOnce()).toBe(0);
      const before = proxy.asked;
      expect([await askAtOnce(), await askAtOnce(), await askAtOnce()]).toEqual([0, 0, 0]);
      // Each waits for a second; those of `PostgresSolitude`, here and of the other broker above, are among them.
      expect(proxy.asked - before).toBeLessThan(15);
      proxy.heal();
      await eventually(async () => expect(await askAtOnce()).toBe(20));
    } finally {
      await near.close();
    }
  });

  test('what came while this process stood still is an answer in time', async () => {
    const near = await openPostgres(database, keyTables);
    const runner = near.reader.createQueryRunner();
    try {
      await runner.connect();
      const asked = runner.query('SELECT pg_sleep(0.2), 1 AS n');
      await setImmediate();
      standStillFor(2_100);
      expect(await asked).toMatchObject([{ n: 1 }]);
    } finally {
      await runner.release();
      await near.close();
    }
  });

  /** Ten units of work that share a transaction. */
  async function joined(): Promise<{ ended: unknown[]; ran: number[]; told: number[]; doubted: number[] }> {
    const add = unitOfWork.statement('INSERT INTO key_canaries (key_id, use, value) VALUES ($1, $2, $3)');
    const [ran, told, doubted]: number[][] = [[], [], []];
    const one = (n: number): Promise<void> =>
      unitOfWork.runJoined(async () => {
        ran?.push(n);
        await unitOfWork.exclusive(`joined-${n}`);
        unitOfWork.afterCommit(
          () => told?.push(n),
          () => doubted?.push(n),
        );
        await add([`joined-${n}`, 'test', 'v']);
      });
    const ended = await Promise.allSettled(all.map(one));
    return { ended: ended.map(({ status }) => status), ran, told, doubted } as never;
  }
  const all = Array.from({ length: 10 }, (_, n) => n);

  test('a cut at the COMMIT that several share leaves all of them in doubt, and none is run again', async () => {
    proxy.cutAt('COMMIT');
    const { ended, ran, told, doubted } = await joined();
    expect([ran, told, doubted]).toEqual([all, [], all]);
    expect(new Set(ended)).toEqual(new Set(['rejected']));
  });

  test('a cut in the middle of what several share fails all of them, and none is in doubt', async () => {
    await eventually(() => unitOfWork.run(() => Promise.resolve()));
    const before = await stored();
    proxy.cutAt('INSERT');
    const { ended, ran, told, doubted } = await joined();
    expect([ran, told, doubted]).toEqual([all, [], []]);
    expect(new Set(ended)).toEqual(new Set(['rejected']));
    proxy.heal();
    expect(await eventually(stored)).toEqual(before);
    expect(await eventually(joined)).toMatchObject({ told: all });
  });

  test('statements asked for at once on one connection reach the driver one by one, whatever comes of each', async () => {
    const runner = connections.reader.createQueryRunner();
    // The driver's own queue: it is to be an error in its next version.
    const client = (await runner.connect()) as { readonly _queryQueue: readonly unknown[] };
    const ask = (...texts: string[]): Promise<unknown[]>[] =>
      texts.map((text) => runner.query(text) as Promise<unknown[]>);
    const asked = ask('SELECT pg_sleep(0.05)', 'SELECT 1 AS n', 'SELECT mistake', 'SELECT 2 AS n');
    await setImmediate();
    expect(client._queryQueue).toEqual([]);
    const answers = await Promise.allSettled(asked);
    const rows = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : null));
    expect(rows.slice(1)).toEqual([[{ n: 1 }], null, [{ n: 2 }]]);
    const lost = ask('SELECT pg_sleep(10)', 'SELECT 1', 'SELECT 2');
    await setImmediate();
    proxy.cut();
    for (const { status } of await Promise.allSettled(lost)) expect(status).toBe('rejected');
    await runner.release();
  });
});

/** As on a machine that has much else to do: nothing is read meanwhile, and what is due comes first afterwards. */
function standStillFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
