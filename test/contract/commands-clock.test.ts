import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { besideOnPostgres } from '../../src/platform/database/beside.js';
import { openPostgres } from '../../src/platform/database/postgres.js';
import { openPostgresSnapshot } from '../../src/platform/database/postgres-snapshot.js';
import { DAY, MINUTE } from '../../src/shared/clock.js';
import { tables } from '../../src/tables.js';
import { createDatabase, dropDatabase } from '../support/postgres.js';

const declare = process.env['TEST_DATABASE_URL'] ? describe : describe.skip;

declare('a command beside nodes that live by the clock of PostgreSQL (R-26)', () => {
  let url = '';

  beforeAll(async () => {
    url = await createDatabase();
    await (await openPostgres(url, tables)).close();
  });
  afterAll(() => dropDatabase(url));

  const right = Date.now.bind(Date);

  /** On a machine whose clock is off by so much. */
  async function off<T extends { close(): Promise<void> }>(
    offMs: number,
    open: () => Promise<T>,
  ): Promise<T> {
    const now = jest.spyOn(Date, 'now').mockImplementation(() => right() + offMs);
    try {
      const opened = await open();
      await opened.close();
      return opened;
    } finally {
      now.mockRestore();
    }
  }
  const beside = async (offMs: number): Promise<void> => {
    await off(offMs, () => besideOnPostgres(url, tables));
  };

  test.each([60 * MINUTE, -60 * MINUTE, 40 * DAY, -40 * DAY])(
    'changes nothing on a machine that is off by %d ms, and says why',
    async (offMs) => {
      await expect(beside(offMs)).rejects.toThrow(
        'The clocks of this machine and of PostgreSQL (DATABASE_URL) differ by',
      );
    },
  );

  test('a backup is as old as PostgreSQL says, whatever the machine takes it to be', async () => {
    const before = right();
    const { createdAt } = await off(-40 * DAY, () => openPostgresSnapshot(url, tables));
    expect(createdAt).toBeGreaterThan(before - MINUTE);
    expect(createdAt).toBeLessThan(right() + MINUTE);
  });

  test.each([4 * MINUTE, -4 * MINUTE])('works on one that is off by %d ms', async (offMs) => {
    await beside(offMs);
  });
});
