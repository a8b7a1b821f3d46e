import { expect, test } from '@jest/globals';
import { SharedCommit, type Ends } from './shared-commit.js';
import type { Transaction } from './transaction.js';

test('the event loop turns while many write, for reads to have their turn (R-43)', async () => {
  const nothing = (): Promise<void> => Promise.resolve();
  const unit = { end: () => undefined };
  const transaction = { unit: () => unit, mark: nothing, keepMarked: nothing } as unknown as Transaction;
  let commits = 0;
  const ends: Ends = {
    begin: () => Promise.resolve(transaction),
    commit: () => Promise.resolve(void (commits += 1)),
    undo: nothing,
  };
  const shared = new SharedCommit(ends);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  // As a driver does that answers at once: time goes by, and nothing is waited for.
  const write = async (): Promise<void> => {
    const until = performance.now() + 6;
    while (performance.now() < until) await Promise.resolve();
  };
  await Promise.all(Array.from({ length: 12 }, () => shared.run(write, Infinity)));
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(11);
  expect(commits).toBeLessThan(12);
});
