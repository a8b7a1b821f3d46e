import { expect, test } from '@jest/globals';
import { OpenReads } from './open-reads.js';

test('a read is stale for what changed while it was under way, and for nothing else', () => {
  const reads = new OpenReads();
  reads.changed({ topic: 'account', id: 'before' });
  const read = reads.begin();
  reads.changed({ topic: 'account', id: 'during' });
  expect(read.isStale('account', ['before', 'other'])).toBe(false);
  expect(read.isStale('server', ['during'])).toBe(false);
  expect(read.isStale('account', ['other', 'during'])).toBe(true);
});

test('each of several reads counts from its own beginning', () => {
  const reads = new OpenReads();
  const early = reads.begin();
  reads.changed({ topic: 'server', id: 's' });
  const late = reads.begin();
  expect([early.isStale('server', ['s']), late.isStale('server', ['s'])]).toEqual([true, false]);
});

test('a read is stale for everything when changes may have been missed', () => {
  const reads = new OpenReads();
  const read = reads.begin();
  reads.missed();
  expect(read.isStale('account', [])).toBe(true);
});

test('a read that has ended is told nothing more', () => {
  const reads = new OpenReads();
  const read = reads.begin();
  read.end();
  reads.changed({ topic: 'account', id: 'a' });
  expect(read.isStale('account', ['a'])).toBe(false);
});

test('those that go on are told whoever ends, in whatever order, even twice', () => {
  const reads = new OpenReads();
  const [one, two, three] = [reads.begin(), reads.begin(), reads.begin()];
  for (const ended of [one, three, one]) ended.end();
  const four = reads.begin();
  reads.changed({ topic: 'account', id: 'a' });
  const stale = [one, two, three, four].map((read) => read.isStale('account', ['a']));
  expect(stale).toEqual([false, true, false, true]);
});
