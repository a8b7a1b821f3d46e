import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { openPostgres } from '../../src/platform/database/postgres.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { eventually } from '../support/eventually.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { createDatabase, dropDatabase } from '../support/postgres.js';

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
    const started = performance.now();
    const half = unitOfWork.run(async () => {
      await insert('half done');
      proxy.blackHole();
      await insert('never arrives in time');
    });
    await expect(half).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(3_000);
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
    expect(await stored()).toEqual([...before, 'healed'].sort());
  });
});
