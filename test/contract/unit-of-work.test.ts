import { expect, test } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { setImmediate as tick } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { canary, heldOpen, insert, stored } from '../support/canaries.js';
import { eachKeptDatabase } from '../support/databases.js';

const random = new SystemRandom();

eachKeptDatabase('a unit of work', keyTables, (open) => {
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
      await database.unitOfWork.writing.save(KeyCanaryEntity, [canary('b'), canary('c')]);
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
        await unitOfWork.writing.save(KeyCanaryEntity, canary(`second-${n}`));
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
      await unitOfWork.writing.transaction((manager) => manager.insert(KeyCanaryEntity, canary('inner')));
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
    const sneaky = database.unitOfWork.reading.insert(KeyCanaryEntity, canary('sneaky'));
    await expect(sneaky).rejects.toThrow(/read-?only/i);
    expect(await stored(database)).toEqual([]);
  });

  test('refuses a write that comes after its end', async () => {
    const database = await open();
    const { unitOfWork } = database;
    let late: Promise<unknown> = Promise.resolve();
    const over = new EventEmitter();
    await unitOfWork.run(async () => {
      await insert(unitOfWork, 'in time');
      late = once(over, 'is').then(() => insert(unitOfWork, 'late'));
    });
    over.emit('is');
    await expect(late).rejects.toThrow('an await is missing');
    expect(await stored(database)).toEqual(['in time']);
  });

  test('refuses a write through an entity manager that was kept beyond its end', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const kept = await unitOfWork.run(() => Promise.resolve([unitOfWork.writing]));
    const { inside, end, done } = heldOpen(unitOfWork, 'other');
    await inside;
    await expect(kept[0]!.insert(KeyCanaryEntity, canary('late'))).rejects.toThrow('an await is missing');
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
        unitOfWork.writing.save(KeyCanaryEntity, [canary('b'), canary('c')]).catch(() => undefined),
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

  test('that fails among others at once leaves them, and their rows', async () => {
    const database = await open();
    const { unitOfWork } = database;
    await unitOfWork.run(() => insert(unitOfWork, 'taken'));
    const one = (n: number): Promise<void> =>
      unitOfWork.run(async () => {
        await insert(unitOfWork, `n-${n}`);
        if (n % 3 === 1) throw new Error(`fails ${n}`);
        if (n % 3 === 2) await insert(unitOfWork, 'taken');
      });
    const ended = await Promise.allSettled(Array.from({ length: 9 }, (_, n) => one(n)));
    expect(ended.map(({ status }) => status === 'fulfilled')).toEqual(
      Array.from({ length: 9 }, (_, n) => n % 3 === 0),
    );
    expect(await stored(database)).toEqual(['n-0', 'n-3', 'n-6', 'taken']);
  });

  test('is acknowledged and told only when it is on disk, also among others at once', async () => {
    const database = await open();
    const { unitOfWork } = database;
    const seen: string[][] = [];
    const told: number[] = [];
    const one = async (n: number): Promise<void> => {
      await unitOfWork.run(async () => {
        await insert(unitOfWork, `n-${n}`);
        unitOfWork.afterCommit(() => told.push(n));
      });
      expect(told).toContain(n);
      seen.push((await stored(database)).filter((id) => id === `n-${n}`));
    };
    await Promise.all(Array.from({ length: 20 }, (_, n) => one(n)));
    expect(seen.flat()).toHaveLength(20);
  });

  test('runs in the context of its own request, and so does what follows its commit', async () => {
    const { unitOfWork } = await open();
    const request = new AsyncLocalStorage<number>();
    const heard: (number | undefined)[] = [];
    const one = (n: number): Promise<void> =>
      request.run(n, () =>
        unitOfWork.run(async () => {
          await insert(unitOfWork, `n-${n}`);
          expect(request.getStore()).toBe(n);
          unitOfWork.afterCommit(() => heard.push(request.getStore()));
        }),
      );
    await Promise.all([0, 1, 2].map(one));
    expect(heard.sort()).toEqual([0, 1, 2]);
  });

  test('of which a COMMIT fails is acknowledged to nobody who shares it, and leaves nothing', async () => {
    const database = await open();
    const { writer } = database.connections;
    const original = writer.createQueryRunner.bind(writer);
    writer.createQueryRunner = () => {
      const runner = Object.create(original()) as QueryRunner;
      const query = runner.query.bind(runner);
      runner.query = (...given: unknown[]): Promise<never> =>
        String(given[0]).endsWith('COMMIT')
          ? Promise.reject(new Error('the disk is gone'))
          : (Reflect.apply(query, runner, given) as Promise<never>);
      return runner;
    };
    const told: number[] = [];
    const doubted: number[] = [];
    const one = (n: number): Promise<void> =>
      database.unitOfWork.run(async () => {
        database.unitOfWork.afterCommit(
          () => told.push(n),
          () => doubted.push(n),
        );
        await insert(database.unitOfWork, `n-${n}`);
      });
    const ended = await Promise.allSettled([0, 1, 2].map(one));
    for (const outcome of ended) expect(outcome).toMatchObject({ reason: { message: 'the disk is gone' } });
    expect([told, doubted.sort(), await stored(database)]).toEqual([[], [0, 1, 2], []]);
    writer.createQueryRunner = original;
    await database.unitOfWork.run(() => insert(database.unitOfWork, 'next'));
    expect(await stored(database)).toEqual(['next']);
  });
});
