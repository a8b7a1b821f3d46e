import { expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { tables } from '../../src/tables.js';
import { postgresOnly } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { areIdle, numberOf } from '../support/patient-pools.js';

/** How often a pool looks whether somebody waits. */
const LOOK_MS = 200;

postgresOnly('the pools', tables, (open) => {
  const pidsOf = async (reader: DataSource, text: string): Promise<number> => {
    const pids = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const [row] = await reader.query<[{ pid: number }]>(text);
        return row.pid;
      }),
    );
    return new Set(pids).size;
  };
  test('of a broker that has just started make few connections for a crowd: who is done lends its own', async () => {
    const { reader } = (await open()).connections;
    expect(await pidsOf(reader, 'SELECT pg_backend_pid() AS pid')).toBeLessThanOrEqual(4);
  });

  test('have the first few before anybody asks, where many are expected', async () => {
    const { connections } = await open();
    expect(numberOf(connections)).toBeLessThanOrEqual(2);
    await connections.expectMany?.();
    expect(numberOf(connections)).toBe(8);
    expect(areIdle(connections)).toBe(true);
  });

  test('make one more when somebody waits, however many wait, and the later the more there are', async () => {
    const { reader } = (await open()).connections;
    const since = performance.now();
    const count = await pidsOf(reader, 'SELECT pg_backend_pid() AS pid, pg_sleep(0.01)');
    const looks = 1 + (performance.now() - since) / LOOK_MS;
    // The second after a look, the third after two more, the fourth after three.
    expect(((count - 1) * count) / 2).toBeLessThanOrEqual(looks);
  });

  test('give their connections back before the broker ends, and still serve whoever comes', async () => {
    const { connections } = await open();
    // Each has a connection to itself until it is released.
    const runners = Array.from({ length: 3 }, () => connections.reader.createQueryRunner());
    await Promise.all(runners.map((runner) => runner.connect()));
    await Promise.all(runners.map((runner) => runner.release()));
    expect(numberOf(connections)).toBeGreaterThan(2);
    connections.leave?.();
    await eventually(() => expect(numberOf(connections)).toBeLessThanOrEqual(2));
    expect(await connections.reader.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
