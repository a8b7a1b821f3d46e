import { expect, jest, test } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as tick } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import { joinedTransactions } from '../../src/platform/database/database-metrics.js';
import { Transaction } from '../../src/platform/database/transaction.js';
import type { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { DomainError } from '../../src/shared/domain-error.js';
import { eventually } from '../support/eventually.js';
import { eachKeptDatabase, postgresOnly, type OpenDatabase } from '../support/databases.js';

const FIND = 'SELECT key_id, json_array(value) AS found FROM key_canaries WHERE key_id = $1';
const ADD = 'INSERT INTO key_canaries (key_id, use, value) VALUES ($1, $2, $3)';
const CHANGE = 'UPDATE key_canaries SET value = $1 WHERE key_id = $2';

/** The driver's, as far as it is not in its types. */
type OwnPool = Omit<Pool, 'options'> & { options: { onConnect: (client: PoolClient) => Promise<void> } };

/** The one warning that a test can have at a COMMIT; that of a standby that is waited for in vain has the same form. */
const WARN_AT_COMMIT = `
  CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE WARNING 'the standby may not have it'; RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON key_canaries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION warn()`;

/** What tests do in units of work. */
function workOn({ unitOfWork }: OpenDatabase) {
  const [find, add, change] = [
    unitOfWork.prepare(FIND),
    unitOfWork.statement(ADD),
    unitOfWork.statement(CHANGE),
  ];
  const valueOf = async (keyId: string): Promise<string | null> => {
    const found = await find(keyId);
    return found === undefined ? null : (JSON.parse(found) as [string])[0];
  };
  /** As all who join: takes its turn, looks, then writes. */
  const keep = async (keyId: string, value = 'v'): Promise<void> => {
    await unitOfWork.exclusive(keyId);
    if ((await valueOf(keyId)) === null) await add([keyId, 'test', value]);
    else await change([value, keyId]);
  };
  const countUp = async (keyId: string): Promise<void> => {
    await unitOfWork.exclusive(keyId);
    await change([String(Number(await valueOf(keyId)) + 1), keyId]);
  };
  return { unitOfWork, add, valueOf, keep, countUp };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `n-${n}`);

async function stored({ unitOfWork }: OpenDatabase): Promise<Record<string, string>> {
  const rows = await unitOfWork.reading.find(KeyCanaryEntity, { order: { keyId: 'ASC' } });
  return Object.fromEntries(rows.map(({ keyId, value }) => [keyId, value]));
}

const refusal = (): DomainError => new DomainError('not-found', 'no-server', 'There is no such server.');

eachKeptDatabase('units of work that may join', keyTables, (open) => {
  test('are each done or refused on their own, whatever happens beside them', async () => {
    const database = await open();
    const { unitOfWork, add, keep } = workOn(database);
    await unitOfWork.run(() => keep('taken'));
    const works: Record<string, () => Promise<unknown>> = {
      kept: () => keep('kept'),
      refused: async () => {
        await unitOfWork.exclusive('refused');
        throw refusal();
      },
      'fails late': async () => {
        await keep('fails late');
        throw new Error('changed my mind');
      },
      twice: async () => add(['taken', 'test', 'v']),
      hostile: () => keep('hostile', 'a\0b'),
      long: () => keep('long', 'x'.repeat(65)),
      after: () => keep('after'),
    };
    const on = async (names: readonly string[]): Promise<Record<string, string>> => {
      const ended = await Promise.allSettled(names.map((name) => unitOfWork.runJoined(works[name]!)));
      return Object.fromEntries(
        ended.map((outcome, at) => [
          names[at]!,
          outcome.status === 'rejected' ? (outcome.reason as Error).message : 'done',
        ]),
      );
    };
    // SQLite keeps every text.
    const names = Object.keys(works).filter(
      (name) => database.connections.kind === 'postgres' || (name !== 'hostile' && name !== 'long'),
    );
    const outcomes = await on(names);
    expect(outcomes).toMatchObject({
      kept: 'done',
      refused: 'There is no such server.',
      'fails late': 'changed my mind',
      twice: expect.stringMatching(/unique/i),
      after: 'done',
    });
    if (database.connections.kind === 'postgres')
      expect(outcomes).toMatchObject({
        hostile: expect.stringMatching(/0x00/),
        long: expect.stringMatching(/too long/),
      });
    expect(await stored(database)).toEqual({ after: 'v', kept: 'v', taken: 'v' });
    // Without the one that had written already, nothing is undone for the refused one.
    expect(await on(['kept', 'refused', 'after'])).toMatchObject({ kept: 'done', after: 'done' });
  });

  test('take turns where they name the same subject', async () => {
    const database = await open();
    const { unitOfWork, keep, countUp } = workOn(database);
    await unitOfWork.run(() => keep('count', '0'));
    await Promise.all(
      numbered(30).map((name, n) =>
        unitOfWork.runJoined(() => (n % 3 === 0 ? countUp('count') : keep(name))),
      ),
    );
    const { count, ...others } = await stored(database);
    expect([count, Object.keys(others).length]).toEqual(['10', 20]);
  });

  test('are told once, when all is on disk, in their order and in the context of their own request', async () => {
    const database = await open();
    const { unitOfWork, keep } = workOn(database);
    const request = new AsyncLocalStorage<string>();
    const told: string[] = [];
    const one = (name: string): Promise<void> =>
      request.run(name, async () => {
        await unitOfWork.runJoined(async () => {
          await keep(name);
          expect(request.getStore()).toBe(name);
          unitOfWork.afterCommit(() => told.push(request.getStore() ?? ''));
        });
        expect(told).toContain(name);
        expect(Object.keys(await stored(database))).toContain(name);
      });
    await Promise.all(numbered(20).map(one));
    expect(told).toEqual(numbered(20));
  });

  test.each(['run', 'runJoined'] as const)(
    'by %s are each told though one of them throws then, which its own caller hears of',
    async (way) => {
      const database = await open();
      const { unitOfWork, keep } = workOn(database);
      const told: string[] = [];
      const one = (name: string): Promise<void> =>
        unitOfWork[way](async () => {
          await keep(name);
          unitOfWork.afterCommit(() => {
            if (name !== 'n-1') return;
            // As if another attempt could help: nothing of it may run again.
            throw Object.assign(new Error('deaf'), { code: '40001' });
          });
          unitOfWork.afterCommit(() => told.push(name));
        });
      const ended = await Promise.allSettled(numbered(3).map(one));
      expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(ended[1]).toMatchObject({ reason: { cause: { message: 'deaf' } } });
      expect(told.sort()).toEqual(numbered(3));
      expect(Object.keys(await stored(database))).toEqual(numbered(3));
    },
  );

  test('may do whatever others may, one that is inside another included', async () => {
    const database = await open();
    const { unitOfWork, keep } = workOn(database);
    const byManager = (keyId: string): Promise<unknown> =>
      unitOfWork.runJoined(async () => {
        await keep(`${keyId} first`);
        await unitOfWork.writing.insert(KeyCanaryEntity, { keyId, use: 'test', value: 'v' });
      });
    await Promise.all([
      byManager('a'),
      unitOfWork.runJoined(() => keep('b')),
      unitOfWork.run(() => unitOfWork.runJoined(() => keep('c'))),
    ]);
    expect(Object.keys(await stored(database))).toEqual(['a', 'a first', 'b', 'c']);
  });
});

postgresOnly('units of work that join', keyTables, (open) => {
  /** Statements that reach PostgreSQL by the pool that writes. */
  async function asked(database: OpenDatabase): Promise<string[]> {
    const texts: string[] = [];
    const { writer } = database.connections;
    const original = writer.createQueryRunner.bind(writer);
    writer.createQueryRunner = (...given) => {
      const runner = original(...given);
      const query = runner.query.bind(runner);
      runner.query = (...asked: unknown[]): Promise<never> => {
        texts.push(String(asked[0]));
        return Reflect.apply(query, runner, asked) as Promise<never>;
      };
      return runner;
    };
    return Promise.resolve(texts);
  }
  const transactions = async ({ unitOfWork }: OpenDatabase): Promise<number> =>
    new Set(
      (await unitOfWork.reading.query<{ xmin: string }[]>('SELECT xmin::text AS xmin FROM key_canaries')).map(
        ({ xmin }) => xmin,
      ),
    ).size;
  /** A session of its own that has done something and has not committed. */
  async function held(unitOfWork: UnitOfWork, ...statements: string[]): Promise<() => Promise<void>> {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let entered = (): void => undefined;
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const done = unitOfWork.run(async () => {
      for (const statement of statements) await unitOfWork.writing.query(statement);
      entered();
      await ended;
    });
    await inside;
    return async () => {
      end();
      await done;
    };
  }

  test('at once have one transaction, at most 128 of them', async () => {
    const database = await open();
    const { unitOfWork, keep } = workOn(database);
    const texts = await asked(database);
    const keepAll = (count: number): Promise<unknown> =>
      Promise.all(numbered(count).map((name) => unitOfWork.runJoined(() => keep(name))));
    await keepAll(100);
    expect([await transactions(database), texts.filter((text) => text.endsWith('COMMIT')).length]).toEqual([
      1, 1,
    ]);
    await keepAll(300);
    expect(await transactions(database)).toBe(3);
    expect(Object.keys(await stored(database))).toHaveLength(300);
  });

  test('wait for nobody who holds what one of them needs: that one runs alone', async () => {
    const database = await open();
    const { unitOfWork, keep } = workOn(database);
    await unitOfWork.run(() => keep('row'));
    for (const hold of [
      "SELECT pg_advisory_xact_lock(hashtextextended('row', 0))",
      "UPDATE key_canaries SET value = 'theirs' WHERE key_id = 'row'",
    ]) {
      const release = await held(unitOfWork, hold);
      const value = hold.slice(0, 6);
      const mine = unitOfWork.runJoined(() => keep('row', value));
      await Promise.all(numbered(20).map((name) => unitOfWork.runJoined(() => keep(name, value))));
      const { row, ...others } = await stored(database);
      expect(row).not.toBe(value);
      expect(Object.values(others)).toEqual(numbered(20).map(() => value));
      await release();
      await mine;
      expect((await stored(database))['row']).toBe(value);
    }
  });

  test('of two nodes that need the same in another order wait for each other never, and lose nothing', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const names = numbered(20);
    const works = [workOn(one), workOn(other)] as const;
    await works[0].unitOfWork.run(async () => {
      for (const name of names) await works[0].keep(name, '0');
    });
    const refusals: unknown[] = [];
    const perform = Reflect.get<Transaction, 'perform'>(Transaction.prototype, 'perform');
    const performed = jest.spyOn(Transaction.prototype, 'perform');
    performed.mockImplementation(function (this: Transaction, ...asked) {
      const answer = perform.apply(this, asked);
      Promise.resolve(answer).catch((error: unknown) => refusals.push(error));
      return answer;
    });
    await Promise.all(
      works.flatMap(({ unitOfWork, countUp }, node) =>
        (node === 0 ? names : [...names].reverse()).map((name) => unitOfWork.runJoined(() => countUp(name))),
      ),
    );
    performed.mockRestore();
    // Two that wait for each other end with an error of PostgreSQL: at the latest when it finds the deadlock, after a second.
    expect(refusals).toEqual([]);
    expect(new Set(Object.values(await stored(one)))).toEqual(new Set(['2']));
  });

  test('with one that was left by a statement that fails keep nothing, and each is done alone', async () => {
    const database = await open();
    const { unitOfWork, add, keep } = workOn(database);
    let tries = 0;
    const swallows = unitOfWork.runJoined(async () => {
      tries += 1;
      await keep('swallows');
      if (tries === 1) await Promise.resolve(add(['swallows', 'test', 'v'])).catch(() => undefined);
    });
    const undone = jest.spyOn(joinedTransactions, 'count');
    await Promise.all([swallows, unitOfWork.runJoined(() => keep('beside'))]);
    expect(undone.mock.calls).toEqual([[{ outcome: 'undone' }]]);
    undone.mockRestore();
    expect([Object.keys(await stored(database)), await transactions(database), tries]).toEqual([
      ['beside', 'swallows'],
      2,
      2,
    ]);
  });

  test('that are alone, and pass over a statement that failed, fail: PostgreSQL keeps nothing of them', async () => {
    const database = await open();
    const { unitOfWork, add, keep } = workOn(database);
    const careless = unitOfWork.run(async () => {
      await keep('a');
      await Promise.resolve(add(['a', 'test', 'v'])).catch(() => undefined);
    });
    await expect(careless).rejects.toThrow('current transaction is aborted');
    await unitOfWork.run(() => keep('b'));
    expect(Object.keys(await stored(database))).toEqual(['b']);
  });

  test('are in doubt when PostgreSQL warns at their COMMIT, as when it waits no longer for its standby', async () => {
    const database = await open();
    const { unitOfWork, keep } = workOn(database);
    await database.connections.writer.query(WARN_AT_COMMIT);
    const told: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      unitOfWork.afterCommit(
        () => told.push(`${name} done`),
        () => told.push(`${name} in doubt`),
      );
      await keep(name);
    };
    const warned = {
      status: 'rejected',
      reason: { message: 'PostgreSQL warns: the standby may not have it' },
    };
    const ended = await Promise.allSettled([
      unitOfWork.run(work('alone')),
      unitOfWork.runJoined(work('joined')),
    ]);
    expect(ended).toMatchObject([warned, warned]);
    expect(told.sort()).toEqual(['alone in doubt', 'joined in doubt']);
    await database.connections.writer.query('DROP FUNCTION warn CASCADE');
    await expect(unitOfWork.run(() => keep('next'))).resolves.toBeUndefined();
  });

  test('that forgets an await is refused, and nothing of it is kept', async () => {
    const database = await open();
    const { unitOfWork, add, keep } = workOn(database);
    const careless = unitOfWork.runJoined(() => {
      Promise.resolve(add(['late', 'test', 'v'])).catch(() => undefined);
      return Promise.resolve();
    });
    const ended = await Promise.allSettled([careless, unitOfWork.runJoined(() => keep('beside'))]);
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    await tick();
    expect(Object.keys(await eventually(() => stored(database)))).toEqual(['beside']);
  });
});

postgresOnly('a connection', keyTables, (open) => {
  test('that was looked at only when nobody waited for it any more is kept for the next', async () => {
    const { connections } = await open();
    const pool = (connections.writer.driver as unknown as { master: OwnPool }).master;
    const { onConnect } = pool.options;
    let mayGoOn = (): void => undefined;
    const wait = new Promise<void>((resolve) => (mayGoOn = resolve));
    const first = await pool.connect();
    Object.assign(pool.options, { max: 1, connectionTimeoutMillis: 100 });
    pool.options.onConnect = async (client) => {
      await wait;
      await onConnect(client);
    };
    const late = pool.connect();
    first.release(true);
    await expect(late).rejects.toThrow('timeout exceeded');
    mayGoOn();
    await eventually(() => expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]));
  });
});
