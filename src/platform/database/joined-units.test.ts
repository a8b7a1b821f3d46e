import { expect, jest, test } from '@jest/globals';
import { JoinedUnits } from './joined-units.js';
import type { Transaction } from './transaction.js';

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test('nobody waits for long where all transactions hang, however many came at once', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  let begun = 0;
  const hangs = (): Promise<never> => {
    begun += 1;
    return new Promise(() => undefined);
  };
  const connect = (): Promise<Transaction> => Promise.resolve({} as Transaction);
  const joined = new JoinedUnits({ connect, begin: hangs, commit: hangs, undo: hangs, alone: hangs });
  /** @returns how many transactions have begun */
  const after = async (comers: number, ms = 0): Promise<number> => {
    for (let count = 0; count < comers; count += 1) void joined.run(hangs);
    jest.advanceTimersByTime(ms);
    await turn();
    return begun;
  };
  expect([await after(2), await after(2), await after(300)]).toEqual([1, 2, 2]);
  // Each takes 128 of them.
  expect([await after(0, 10), await after(0, 10), await after(0, 10), await after(0, 10)]).toEqual([
    3, 4, 5, 5,
  ]);
});

/** Of which nothing is tried but to connect. `tried`: each ends by what the test says. */
function unconnected(): {
  joined: JoinedUnits;
  tried: { comes(): void; fails(): void }[];
  begun: string[];
} {
  const tried: { comes(): void; fails(): void }[] = [];
  const begun: string[] = [];
  const connect = (): Promise<Transaction> =>
    new Promise((resolve, reject) => {
      tried.push({ comes: () => resolve({} as Transaction), fails: () => reject(new Error('away')) });
    });
  const noted = (name: string) => (): Promise<never> => {
    begun.push(name);
    return Promise.reject(new Error(name));
  };
  const ends = { begin: noted('begin'), commit: noted('commit'), undo: noted('undo'), alone: noted('alone') };
  return { joined: new JoinedUnits({ connect, ...ends }), tried, begun };
}

const idle = (): Promise<void> => Promise.resolve();

test('who comes while a connection is waited for shares its transaction', async () => {
  const { joined, tried, begun } = unconnected();
  const first = joined.run(idle);
  await turn();
  const others = [joined.run(idle), joined.run(idle)];
  await turn();
  expect(tried).toHaveLength(1);
  tried[0]!.comes();
  await expect(Promise.allSettled([first, ...others])).resolves.toHaveLength(3);
  expect([begun, tried.length]).toEqual([['begin'], 1]);
});

test('that there is no connection is told to all who wait for it, and the next try anew', async () => {
  const { joined, tried, begun } = unconnected();
  const waiting = [joined.run(idle)];
  await turn();
  for (let count = 0; count < 200; count += 1) waiting.push(joined.run(idle));
  tried[0]!.fails();
  const outcomes = await Promise.allSettled(waiting);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(201);
  void joined.run(idle).catch(idle);
  await turn();
  expect([begun, tried.length]).toEqual([[], 2]);
});
