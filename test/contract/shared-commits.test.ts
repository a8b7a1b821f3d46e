import { beforeEach, expect, jest, test } from '@jest/globals';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { SteadyClock } from '../../src/platform/clock/steady-clock.js';
import { DomainError } from '../../src/shared/domain-error.js';
import { heldOpen, insert, stored } from '../support/canaries.js';
import { sqliteOnly, type OpenDatabase } from '../support/databases.js';

sqliteOnly('units of work that share a commit', keyTables, (open) => {
  // Time goes by where a test says so, however busy the machine is: what takes long ends the sharing.
  let clock: jest.Spied<SteadyClock['now']>;
  beforeEach(() => {
    clock = jest.spyOn(SteadyClock.prototype, 'now').mockReturnValue(0);
  });

  /** Counts the commits of a database. */
  function commitsOf({ connections: { writer } }: OpenDatabase): () => number {
    let commits = 0;
    const runner = writer.createQueryRunner();
    const query = runner.query.bind(runner);
    runner.query = (...given: unknown[]): Promise<never> => {
      if (String(given[0]).endsWith('COMMIT')) commits += 1;
      return Reflect.apply(query, runner, given) as Promise<never>;
    };
    return () => commits;
  }

  test('are those that wait together, at most 128 of them', async () => {
    const database = await open();
    const commits = commitsOf(database);
    await Promise.all(Array.from({ length: 300 }, (_, n) => insertAlone(database, `n-${n}`)));
    expect(commits()).toBe(3);
    expect(await stored(database)).toHaveLength(300);
  });

  test('do not wait for whoever comes behind a long one: it ends the sharing', async () => {
    const database = await open();
    const { inside, end, done } = heldOpen(database.unitOfWork, 'long');
    await inside;
    const commits = commitsOf(database);
    const next = insertAlone(database, 'next');
    clock.mockReturnValue(25);
    end();
    await done;
    expect([commits(), await stored(database)]).toEqual([1, ['long']]);
    await next;
    expect(commits()).toBe(2);
  });

  test('hear no refusal before the row is on disk because of which they are refused', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const order: string[] = [];
    const first = unitOfWork.run(async () => {
      await insert(unitOfWork, 'one');
      unitOfWork.afterCommit(() => order.push('committed'));
    });
    const second = unitOfWork
      .run(() => insert(unitOfWork, 'one'))
      .catch((error: unknown) => order.push((error as Error).message));
    await Promise.all([first, second]);
    expect(order).toEqual(['committed', expect.stringMatching(/unique/i)]);
  });

  test('fail with one during which SQLite undoes their transaction by itself, and nothing after that is written', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const undone = (keyId: string): Promise<void> =>
      unitOfWork.run(async () => {
        await insert(unitOfWork, keyId);
        await unitOfWork.writing.query('ROLLBACK');
        await insert(unitOfWork, 'stray').catch(() => undefined);
      });
    const names = ['before', 'undone', 'after'];
    const ended = await Promise.allSettled(
      names.map((name) => (name === 'undone' ? undone(name) : insertAlone(database, name))),
    );
    expect(ended[1]?.status).toBe('rejected');
    expect(await stored(database)).toEqual(names.filter((_, at) => ended[at]?.status === 'fulfilled').sort());
    await insertAlone(database, 'next');
    expect(await stored(database)).toContain('next');
  });

  test('are never told the refusal of a neighbour with which SQLite has undone them', async () => {
    const database = await open();
    const refused = (): Promise<void> =>
      database.unitOfWork.run(async () => {
        await database.unitOfWork.writing.query('ROLLBACK');
        throw new DomainError('not-found', 'no-server', 'There is no such server.');
      });
    const ended = await Promise.allSettled([insertAlone(database, 'before'), refused()]);
    expect(ended[0]).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
    expect(await stored(database)).toEqual([]);
  });
});

function insertAlone({ unitOfWork }: OpenDatabase, keyId: string): Promise<void> {
  return unitOfWork.run(() => insert(unitOfWork, keyId));
}
