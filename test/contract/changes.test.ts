import { expect, test } from '@jest/globals';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import { Changes } from '../../src/platform/changes/changes.js';
import { LocalChangeFeed } from '../../src/platform/changes/local-change-feed.js';
import { eachDatabase, type OpenDatabase } from '../support/databases.js';
import { RecordingLog } from '../support/recording-log.js';

const row = { keyId: 'a', use: 'test', value: 'v' };

/** A feed on a database, and what a listener hears of it. */
function room({ unitOfWork }: OpenDatabase): { feed: LocalChangeFeed; changes: Changes; heard: string[] } {
  const feed = new LocalChangeFeed(() => true, new RecordingLog());
  const heard: string[] = [];
  feed.listen({
    changed: ({ topic, id }) => heard.push(`${topic} ${id}`),
    missed: () => heard.push('missed'),
  });
  return { feed, changes: new Changes(unitOfWork, feed), heard };
}

eachDatabase('what a repository changes', keyTables, (open) => {
  test('is told once it is on disk and before it is acknowledged, not while it may still fail', async () => {
    const database = await open();
    const { changes, heard } = room(database);
    const during = await database.unitOfWork.run(async () => {
      await database.unitOfWork.writing.insert(KeyCanaryEntity, row);
      changes.note('account', '1');
      return [...heard];
    });
    expect([during, heard]).toEqual([[], ['account 1']]);
  });

  test('is not told when it is rolled back', async () => {
    const database = await open();
    const { changes, heard } = room(database);
    const failing = database.unitOfWork.run(async () => {
      await database.unitOfWork.writing.insert(KeyCanaryEntity, row);
      changes.note('account', '1');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(heard).toEqual([]);
  });

  test('is in doubt when the answer to COMMIT is lost: all is forgotten, and nothing remembered for a while', async () => {
    const database = await open();
    const { feed, changes, heard } = room(database);
    const { writer } = database.connections;
    const original = writer.createQueryRunner.bind(writer);
    writer.createQueryRunner = () => {
      const runner = original();
      const query = runner.query.bind(runner);
      runner.query = async (...given: unknown[]): Promise<never> => {
        const answer: unknown = await Reflect.apply(query, runner, given);
        if (String(given[0]).endsWith('COMMIT')) throw new Error('connection lost');
        return answer as never;
      };
      return runner;
    };
    const lost = database.unitOfWork.run(async () => {
      await database.unitOfWork.writing.insert(KeyCanaryEntity, row);
      changes.note('account', '1');
    });
    await expect(lost).rejects.toThrow('connection lost');
    expect([heard, feed.hearsAll]).toEqual([['missed'], false]);
    expect(await database.unitOfWork.reading.countBy(KeyCanaryEntity, {})).toBe(1);
  });

  test('is not committed while other processes cannot see this one', async () => {
    const database = await open();
    const { changes, heard } = room(database);
    const work = async (): Promise<void> => {
      await database.unitOfWork.writing.insert(KeyCanaryEntity, row);
      changes.note('account', '1');
    };
    const { solitude } = database.connections;
    const isVisible = solitude.isVisible.bind(solitude);
    solitude.isVisible = () => false;
    await expect(database.unitOfWork.run(work)).rejects.toMatchObject({ kind: 'unavailable' });
    expect([heard, await database.unitOfWork.reading.countBy(KeyCanaryEntity, {})]).toEqual([[], 0]);
    solitude.isVisible = isVisible;
    await database.unitOfWork.run(work);
    expect(heard).toEqual(['account 1']);
  });
});
