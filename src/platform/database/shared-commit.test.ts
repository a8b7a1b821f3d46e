import { expect, test } from '@jest/globals';
import { SharedCommit, type Ends } from './shared-commit.js';
import type { Transaction } from './transaction.js';

/** A shared commit whose writers take so long, without waiting for anything, beside others who take so long in each turn. */
async function written({
  writers = 0,
  writerMs = 0,
  othersMs = 0,
}: Record<string, number>): Promise<{ turns: number; commits: number }> {
  const nothing = (): Promise<void> => Promise.resolve();
  const unit = { end: () => undefined };
  const transaction = { unit: () => unit, mark: nothing, keepMarked: nothing } as unknown as Transaction;
  let commits = 0;
  const ends: Ends = {
    begin: () => Promise.resolve(transaction),
    commit: () => Promise.resolve(void (commits += 1)),
    undo: nothing,
  };
  // Time goes by for those alone who are said to take it, however busy the machine is.
  let now = 0;
  const shared = new SharedCommit(ends, { now: () => now });
  let turns = 0;
  const others = (): void => {
    turns += 1;
    now += othersMs;
    next = setImmediate(others);
  };
  let next = setImmediate(others);
  // As a driver does that answers at once: time goes by, and nothing is waited for.
  const write = (): Promise<void> => Promise.resolve(void (now += writerMs));
  await Promise.all(Array.from({ length: writers }, () => shared.run(write, Infinity)));
  clearImmediate(next);
  return { turns, commits };
}

test('the event loop turns while many write, for reads to have their turn (R-43)', async () => {
  const { turns, commits } = await written({ writers: 12, writerMs: 6, othersMs: 0 });
  expect(turns).toBeGreaterThanOrEqual(11);
  expect(commits).toBeLessThan(12);
});

test('writers go on for half as long as others took, so that they do not starve under overload (R-42)', async () => {
  const { turns } = await written({ writers: 60, writerMs: 1, othersMs: 40 });
  // 5 in the first turn, then about 20 in each; 24 turns if it were 5 in every other one.
  expect(turns).toBeLessThan(10);
});
