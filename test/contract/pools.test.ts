import { expect, test } from '@jest/globals';
import { tables } from '../../src/tables.js';
import { postgresOnly } from '../support/databases.js';

postgresOnly('the pools', tables, (open) => {
  test('of a broker that has just started make few connections for a crowd: who is done lends its own', async () => {
    const { reader } = (await open()).connections;
    const pids = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const [row] = await reader.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
        return row.pid;
      }),
    );
    expect(new Set(pids).size).toBeLessThanOrEqual(4);
  });
});
