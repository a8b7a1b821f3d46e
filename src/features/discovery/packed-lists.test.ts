import { expect, test } from '@jest/globals';
import { usableLink } from '../../../test/support/usable-link.js';
import type { AccountId, ServerId } from '../../shared/ids.js';
import type { UsableLink } from '../links/index.js';
import { PackedLists } from './packed-lists.js';

const anna = '9007199254740991' as AccountId;
const bert = '2' as AccountId;
const MANY = 4 * 1_048_576;

const hex = (digit: string): string => digit.repeat(32);

function of(serverId: string, more: Parameters<typeof usableLink>[1] = {}, key?: string): UsableLink {
  return usableLink(serverId, { accountId: anna, ...more }, key);
}

test.each<[string, UsableLink[]]>([
  ['no link', []],
  ['times of any size', [of('a', { createdAt: 2 ** 47 + 257, acceptedAt: 1_795_000_000_123 })]],
  ['a guest whom somebody invited', [of('a', { kind: 'guest', requester: 'Maria' })]],
  ['a name of hex digits', [of('a', { requester: hex('a') }), of('b', { requester: '' })]],
  ['a key of hex digits', [of('a', {}, hex('b'))]],
  ['a key of capitals', [of('a', {}, hex('B'))]],
  ['the longest key', [of('a', {}, 'x-Y9'.repeat(32))]],
  ['several, in their order', ['c', hex('a'), 'b'].map((id) => of(id))],
])('%s comes back as it was', (_, links) => {
  const lists = new PackedLists(MANY);
  expect(lists.add(anna, links)).toBe(true);
  expect(lists.get(anna)).toEqual(links);
  expect([lists.get(bert), lists.has(bert), lists.size]).toEqual([undefined, false, 1]);
});

test('nothing is kept of what was given: of that nearly all goes at once (P-9)', () => {
  const lists = new PackedLists(MANY);
  const links = [of('a')];
  lists.add(anna, links);
  expect(lists.get(anna)?.[0]?.server).toEqual(links[0]?.server);
  expect(lists.get(anna)?.[0]?.server).not.toBe(links[0]?.server);
});

test('what cannot be written in bytes is left to others', () => {
  const lists = new PackedLists(MANY);
  expect(lists.add(anna, [of('a', { requester: 'Zoë' })])).toBe(false);
  expect(lists.add(anna, [of('a', { requester: 'x'.repeat(201) })])).toBe(false);
  expect(lists.get(anna)).toBeUndefined();
});

test('a change of the account, or of a server in the list, drops it and nothing else', () => {
  const lists = new PackedLists(MANY);
  lists.add(anna, [of('a'), of('b')]);
  lists.add(bert, [of('b', { accountId: bert })]);
  lists.accountChanged(anna);
  lists.serverChanged('a' as ServerId);
  expect([lists.get(anna), lists.get(bert)?.length]).toEqual([undefined, 1]);
  lists.serverChanged('b' as ServerId);
  expect([lists.get(bert), lists.has(bert)]).toEqual([undefined, false]);
});

test('lists read after a change have the server as it is then', () => {
  const lists = new PackedLists(MANY);
  const renamed = of('a');
  lists.add(bert, [of('a', { accountId: bert })]);
  const read = [{ ...renamed, server: { ...renamed.server, name: 'renamed' } }];
  expect(lists.add(anna, read)).toBe(false);
  lists.serverChanged('a' as ServerId);
  expect(lists.add(anna, read)).toBe(true);
  expect([lists.get(anna), lists.get(bert)]).toEqual([read, undefined]);
});

/** Adds lists of new accounts while they fit. */
function filled(lists: PackedLists, from: number): number {
  let account = from;
  while (lists.add(String(account) as AccountId, [of('a', { accountId: String(account) as AccountId })]))
    account += 1;
  return account;
}

test('takes no more than it may, and each list is still there', () => {
  const lists = new PackedLists(1_500_000);
  const next = filled(lists, 0);
  expect(lists.isFull).toBe(true);
  expect(lists.weight).toBeLessThan(1_501_000);
  const ids = [0, Math.floor(next / 2), next - 1].map((id) => String(id) as AccountId);
  for (const accountId of ids) expect(lists.get(accountId)).toEqual([of('a', { accountId })]);
  expect(lists.get(String(next) as AccountId)).toBeUndefined();
});

test.each<[string, (lists: PackedLists, next: number) => void]>([
  [
    'three of four accounts changed',
    (lists, next) => {
      for (let id = 0; id <= 0.75 * next; id += 1) lists.accountChanged(String(id) as AccountId);
    },
  ],
  ['half of the servers changed', (lists) => lists.serverChanged('a' as ServerId)],
])('full, and %s: begins anew', (_, change) => {
  const lists = new PackedLists(300_000);
  const next = filled(lists, 0);
  change(lists, next);
  for (let id = next; id < 1.5 * next; id += 1) {
    const accountId = String(id) as AccountId;
    expect(lists.add(accountId, [of('b', { accountId })])).toBe(true);
    expect(lists.weight).toBeLessThan(301_000);
    expect(lists.get(accountId)).toHaveLength(1);
  }
});

test('with no room nothing is kept', () => {
  const lists = new PackedLists(0);
  expect([lists.add(anna, [of('a')]), lists.isFull, lists.weight]).toEqual([false, true, 0]);
});

test('a server that was heard from stays in its lists, which tell when, and never an earlier time', () => {
  const lists = new PackedLists(MANY);
  lists.add(anna, [of('a'), of('b')]);
  for (const heardAt of [7, 5]) lists.serverHeard('a' as ServerId, heardAt);
  lists.serverHeard('c' as ServerId, 9);
  expect(lists.get(anna)?.map(({ server }) => server.heardAt)).toEqual([7, 0]);
  // Read before it was heard from.
  expect(lists.add(bert, [of('a', { accountId: bert })])).toBe(true);
  expect(lists.get(bert)?.[0]?.server.heardAt).toBe(7);
});
