import { expect, jest, test } from '@jest/globals';
import { JoinedUnits } from './joined-units.js';

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test('nobody waits for long where all transactions hang, however many came at once', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  let begun = 0;
  const hangs = (): Promise<never> => {
    begun += 1;
    return new Promise(() => undefined);
  };
  const joined = new JoinedUnits({ begin: hangs, commit: hangs, undo: hangs, alone: hangs });
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
