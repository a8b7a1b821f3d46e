import { expect, test } from '@jest/globals';
import { setImmediate as tick, setTimeout as pause } from 'node:timers/promises';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import type { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { eachDatabase, type OpenDatabase } from '../support/databases.js';

const random = new SystemRandom();
const row = (keyId: string, value = 'v') => ({ keyId, use: 'test', value });

async function insert(unitOfWork: UnitOfWork, keyId: string, value?: string): Promise<void> {
  await unitOfWork.writing.insert(KeyCanaryEntity, row(keyId, value));
}

/** What a reader outside every unit of work finds. */
async function stored({ unitOfWork }: OpenDatabase): Promise<string[]> {
  const rows = await unitOfWork.reading.find(KeyCanaryEntity);
  return rows.map(({ keyId }) => keyId).sort();
}

/** A unit of work that waits inside until it is told how to end. */
function heldOpen(
  unitOfWork: UnitOfWork,
  keyId: string,
): { inside: Promise<void>; end: () => void; done: Promise<void> } {
  let end = (): void => undefined;
  const released = new Promise<void>((resolve) => (end = resolve));
  let entered = (): void => undefined;
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const done = unitOfWork.run(async () => {
    await insert(unitOfWork, keyId);
    entered();
    await released;
  });
  return { inside, end, done };
}

eachDatabase('a unit of work', keyTables, (open) => {
  test('stays when it is committed, and survives a restart', async () => {
    const database = await open();
    const answer = await database.unitOfWork.run(async () => {
      await insert(database.unitOfWork, 'a');
      await insert(database.unitOfWork, 'b');
      return 42;
    });
    expect(answer).toBe(42);
    await database.connections.close();
    expect(await stored(await open())).toEqual(['a', 'b']);
  });

  test('leaves nothing when it fails, and says why', async () => {
    const database = await open();
    const failing = database.unitOfWork.run(async () => {
      await insert(database.unitOfWork, 'a');
      await database.unitOfWork.writing.save(KeyCanaryEntity, [row('b'), row('c')]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await stored(database)).toEqual([]);
  });

  test('leaves nothing when a statement of it fails, though the failure is caught too late', async () => {
    const database = await open();
    await database.unitOfWork.run(() => insert(database.unitOfWork, 'taken'));
    const failing = database.unitOfWork.run(async () => {
      await insert(database.unitOfWork, 'new');
      await insert(database.unitOfWork, 'taken');
    });
    await expect(failing).rejects.toThrow(/unique/i);
    expect(await stored(database)).toEqual(['taken']);
  });

  test('does not mix with others: after 200 at once with pauses and failures the rows are those of the journal', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const journal: string[] = [];
    const one = async (n: number): Promise<void> => {
      const fails = random.below(3) === 0;
      await unitOfWork.run(async () => {
        await insert(unitOfWork, `first-${n}`);
        for (let turns = random.below(4); turns > 0; turns -= 1) await tick();
        await unitOfWork.writing.save(KeyCanaryEntity, row(`second-${n}`));
        if (fails) throw new Error('fails');
      });
      journal.push(`first-${n}`, `second-${n}`);
    };
    const ended = await Promise.allSettled(Array.from({ length: 200 }, (_, n) => one(n)));
    const failures = ended.filter(({ status }) => status === 'rejected').length;
    expect(failures).toBe(200 - journal.length / 2);
    expect(failures).toBeGreaterThan(20);
    expect(await stored(database)).toEqual(journal.sort());
  });

  test('is not seen from outside before it is committed', async () => {
    const database = await open();
    const { inside, end, done } = heldOpen(database.unitOfWork, 'a');
    await inside;
    expect(await stored(database)).toEqual([]);
    end();
    await done;
    expect(await stored(database)).toEqual(['a']);
  });

  test('sees its own rows', async () => {
    const { unitOfWork } = await open();
    const seen = await unitOfWork.run(async () => {
      await insert(unitOfWork, 'a');
      return unitOfWork.reading.countBy(KeyCanaryEntity, { keyId: 'a' });
    });
    expect(seen).toBe(1);
  });

  test('takes another one inside it along: both stay or neither does', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const nested = (outcome: () => void): Promise<void> =>
      unitOfWork.run(async () => {
        await insert(unitOfWork, 'outer');
        await unitOfWork.run(() => insert(unitOfWork, 'inner'));
        outcome();
      });
    const fail = (): void => {
      throw new Error('outer fails');
    };
    await expect(nested(fail)).rejects.toThrow('outer fails');
    expect(await stored(database)).toEqual([]);
    await nested(() => undefined);
    expect(await stored(database)).toEqual(['inner', 'outer']);
  });

  test("keeps TypeORM's own transactions inside it as a part of it", async () => {
    const database = await open();
    const { unitOfWork } = database;
    const failing = unitOfWork.run(async () => {
      await unitOfWork.writing.transaction((manager) => manager.insert(KeyCanaryEntity, row('inner')));
      throw new Error('fails');
    });
    await expect(failing).rejects.toThrow('fails');
    expect(await stored(database)).toEqual([]);
  });

  test('is the only way to write', async () => {
    const database = await open();
    expect(() => database.unitOfWork.writing).toThrow('outside UnitOfWork.run()');
    expect(() => database.unitOfWork.afterCommit(() => undefined)).toThrow('only inside UnitOfWork.run()');
    await expect(database.unitOfWork.exclusive('x')).rejects.toThrow('only inside UnitOfWork.run()');
    const sneaky = database.unitOfWork.reading.insert(KeyCanaryEntity, row('sneaky'));
    await expect(sneaky).rejects.toThrow(/read-?only/i);
    expect(await stored(database)).toEqual([]);
  });

  test('refuses a write that comes after its end', async () => {
    const database = await open();
    const { unitOfWork } = database;
    let late: Promise<unknown> = Promise.resolve();
    await unitOfWork.run(async () => {
      await insert(unitOfWork, 'in time');
      late = pause(5).then(() => insert(unitOfWork, 'late'));
      late.catch(() => undefined);
    });
    await expect(late).rejects.toThrow('an await is missing');
    expect(await stored(database)).toEqual(['in time']);
  });

  test('refuses a write through an entity manager that was kept beyond its end', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const kept = await unitOfWork.run(() => Promise.resolve([unitOfWork.writing]));
    const { inside, end, done } = heldOpen(unitOfWork, 'other');
    await inside;
    await expect(kept[0]!.insert(KeyCanaryEntity, row('late'))).rejects.toThrow('an await is missing');
    end();
    await done;
    expect(await stored(database)).toEqual(['other']);
  });

  test('fails as a whole when a statement still runs at its end', async () => {
    const database = await open();
    const { unitOfWork } = database;
    let forgotten: Promise<unknown> = Promise.resolve();
    const careless = unitOfWork.run(async () => {
      await insert(unitOfWork, 'a');
      forgotten = unitOfWork.writing.query("INSERT INTO key_canaries VALUES ('b', 'test', 'v')");
      forgotten.catch(() => undefined);
    });
    await expect(careless).rejects.toThrow('an await is missing');
    await Promise.allSettled([forgotten]);
    expect(await stored(database)).toEqual([]);
    await unitOfWork.run(() => insert(unitOfWork, 'next'));
    expect(await stored(database)).toEqual(['next']);
  });

  test('waits for what still runs beside a statement that failed, before it undoes both', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const beside = unitOfWork.run(() =>
      Promise.all([
        Promise.reject(new Error('one fails')),
        insert(unitOfWork, 'a'),
        unitOfWork.writing.save(KeyCanaryEntity, [row('b'), row('c')]).catch(() => undefined),
      ]),
    );
    await expect(beside).rejects.toThrow('one fails');
    await unitOfWork.run(() => insert(unitOfWork, 'next'));
    expect(await stored(database)).toEqual(['next']);
  });

  test('calls back after it is committed, in order, and never when it is rolled back', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const calls: string[] = [];
    await unitOfWork.run(async () => {
      unitOfWork.afterCommit(() => calls.push('first'));
      await unitOfWork.run(async () => {
        unitOfWork.afterCommit(() => calls.push('nested'));
        await insert(unitOfWork, 'a');
      });
      expect(calls).toEqual([]);
    });
    expect(calls).toEqual(['first', 'nested']);
    const failing = unitOfWork.run(() => {
      unitOfWork.afterCommit(() => calls.push('never'));
      return Promise.reject(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    expect(calls).toEqual(['first', 'nested']);
  });

  test('that loses a race for a unique row runs again and sees the row of the first', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const claim = (value: string): Promise<string> =>
      unitOfWork.run(async () => {
        const first = await unitOfWork.reading.findOneBy(KeyCanaryEntity, { keyId: 'one' });
        if (first) return first.value;
        for (let turns = 0; turns < 5; turns += 1) await tick();
        await insert(unitOfWork, 'one', value);
        return value;
      });
    const claims = await Promise.all(['a', 'b', 'c'].map(claim));
    expect(new Set(claims).size).toBe(1);
    expect(await stored(database)).toEqual(['one']);
  });

  test('takes turns with others that name the same subject', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const atMostFive = (n: number): Promise<boolean> =>
      unitOfWork.run(async () => {
        await unitOfWork.exclusive('at most five');
        if ((await unitOfWork.reading.count(KeyCanaryEntity)) >= 5) return false;
        await tick();
        await insert(unitOfWork, `n-${n}`);
        return true;
      });
    const admitted = await Promise.all(Array.from({ length: 9 }, (_, n) => atMostFive(n)));
    expect(admitted.filter(Boolean)).toHaveLength(5);
    expect(await stored(database)).toHaveLength(5);
  });
});
