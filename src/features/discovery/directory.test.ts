import { expect, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { usableLink } from '../../../test/support/usable-link.js';
import { loadConfig } from '../../config/index.js';
import { LocalChangeFeed } from '../../platform/changes/local-change-feed.js';
import type { AccountId } from '../../shared/ids.js';
import type { LinksService, UsableLink } from '../links/index.js';
import { Directory, type Brought } from './directory.js';
import type { ServerList } from './server-list.js';

const anna = '1' as AccountId;
const bert = '2' as AccountId;

const usable = (serverId: string, key?: string): UsableLink => usableLink(serverId, { accountId: anna }, key);

/** A directory whose reads are answered when the test says so. */
function room(settings: Record<string, string> = {}): {
  directory: Directory;
  feed: LocalChangeFeed;
  reads: { account: AccountId; answer: (links: UsableLink[]) => Promise<void>; fail: () => void }[];
  setAlone: (alone: boolean) => void;
} {
  let alone = true;
  const feed = new LocalChangeFeed(() => alone, new RecordingLog());
  const reads: ReturnType<typeof room>['reads'] = [];
  const usableBy = (account: AccountId): Promise<UsableLink[]> =>
    new Promise((resolve, reject) => {
      const answer = async (links: UsableLink[]): Promise<void> => {
        resolve(links);
        await new Promise((done) => setImmediate(done));
      };
      reads.push({ account, answer, fail: () => reject(new Error('database away')) });
    });
  const config = loadConfig(settings);
  const usableIn = (rows: unknown): unknown => rows;
  const directory = new Directory({ usableBy, usableIn } as unknown as LinksService, feed, config);
  return { directory, feed, reads, setAlone: (is) => (alone = is) };
}

const names = async (list: ServerList | Promise<ServerList>): Promise<string[]> =>
  (await list).servers.map(({ server }) => server.name);

/** Links that come with a token; `since`: the beginning of their read. */
const brought = (links: UsableLink[], read: Brought['read']): Brought => ({
  rows: links as unknown as Brought['rows'],
  read,
  since: 0,
});

/** Has a list remembered. */
async function remembered(
  { directory, reads }: ReturnType<typeof room>,
  account: AccountId,
  links: UsableLink[],
): Promise<void> {
  const asked = directory.of(account);
  await reads.at(-1)!.answer(links);
  await asked;
}

test('a list is read once and remembered, until something of it changes', async () => {
  const one = room();
  await remembered(one, anna, [usable('a'), usable('b')]);
  await remembered(one, bert, [usable('b')]);
  expect(await names(one.directory.of(anna))).toEqual(['a', 'b']);
  expect(one.reads).toHaveLength(2);
  one.feed.publish({ topic: 'server', id: 'a' });
  expect([one.directory.find(anna), one.directory.find(bert)]).toEqual([undefined, expect.anything()]);
  one.feed.publish({ topic: 'account', id: bert });
  expect(one.directory.find(bert)).toBeUndefined();
});

test.each([
  ['its account', { topic: 'account', id: anna }],
  ['a server in it', { topic: 'server', id: 'a' }],
] as const)(
  'a read during which %s changed is answered and not kept, and nobody joins it',
  async (_, change) => {
    const { directory, feed, reads } = room();
    const before = directory.of(anna);
    feed.publish(change);
    const after = directory.of(anna);
    expect(reads).toHaveLength(2);
    await reads[1]!.answer([usable('a', 'new')]);
    await reads[0]!.answer([usable('a', 'old')]);
    expect([(await before).servers[0]?.key, (await after).servers[0]?.key]).toEqual(['old', 'new']);
    expect(directory.find(anna)?.servers[0]?.key).toBe('new');
  },
);

test('a read that overtakes the change is dropped by it, one that is overtaken is not kept', async () => {
  const { directory, feed, reads } = room();
  const slow = directory.of(anna);
  feed.publish({ topic: 'account', id: anna });
  await reads[0]!.answer([usable('gone')]);
  await slow;
  expect(directory.find(anna)).toBeUndefined();
});

test('changes of others do not spoil a read, and it is shared by those who ask meanwhile', async () => {
  const { directory, feed, reads } = room();
  const both = [directory.of(anna), directory.of(anna)];
  feed.publish({ topic: 'account', id: bert });
  await reads[0]!.answer([usable('a')]);
  expect(await Promise.all(both.map(names))).toEqual([['a'], ['a']]);
  expect([reads.length, directory.find(anna) !== undefined]).toEqual([1, true]);
});

test('a read that fails fails for all who joined it, and the next one asks again', async () => {
  const { directory, reads } = room();
  const both = [directory.of(anna), directory.of(anna)];
  reads[0]!.fail();
  for (const one of both) await expect(one).rejects.toThrow('database away');
  const again = directory.of(anna);
  await reads[1]!.answer([]);
  expect(await names(again)).toEqual([]);
});

test('while others write unheard, nothing counts that is remembered, nothing is kept, and no read is shared', async () => {
  const one = room();
  await remembered(one, anna, [usable('a')]);
  one.setAlone(false);
  expect(one.directory.find(anna)).toBeUndefined();
  const both = [one.directory.of(anna), one.directory.of(anna)];
  expect(one.reads).toHaveLength(3);
  await one.reads[1]!.answer([usable('a')]);
  await one.reads[2]!.answer([usable('b')]);
  expect(await Promise.all(both.map(names))).toEqual([['a'], ['b']]);
});

test('a read that began before others came is not kept', async () => {
  const { directory, reads, setAlone, feed } = room();
  const asked = directory.of(anna);
  setAlone(false);
  feed.forget();
  setAlone(true);
  await reads[0]!.answer([usable('a')]);
  await asked;
  expect(directory.find(anna)).toBeUndefined();
});

test('what a token brought is kept as what was read, and what is remembered comes before it', async () => {
  const { directory, feed, reads } = room();
  expect(await names(directory.of(anna, brought([usable('a')], directory.begin())))).toEqual(['a']);
  expect(await names(directory.of(anna, brought([usable('b')], directory.begin())))).toEqual(['a']);
  feed.publish({ topic: 'server', id: 'a' });
  expect(directory.find(anna)).toBeUndefined();
  expect(reads).toEqual([]);
});

test('what a token brought is not kept if it changed meanwhile, or others may have written', async () => {
  const { directory, feed, setAlone } = room();
  const late = brought([usable('a')], directory.begin());
  feed.publish({ topic: 'account', id: anna });
  expect(await names(directory.of(anna, late))).toEqual(['a']);
  setAlone(false);
  const unheard = brought([usable('a')], directory.begin());
  setAlone(true);
  expect(await names(directory.of(anna, unheard))).toEqual(['a']);
  const before = brought([usable('a')], directory.begin());
  setAlone(false);
  expect(await names(directory.of(anna, before))).toEqual(['a']);
  setAlone(true);
  expect(directory.find(anna)).toBeUndefined();
});

/** Asked for again and again, as by a device that comes back. */
async function followed(one: ReturnType<typeof room>, account: AccountId, links: UsableLink[]) {
  await remembered(one, account, links);
  const follow = one.directory.follow(account);
  expect(follow()).toBe(follow());
  return follow;
}

test.each([
  ['its account', { topic: 'account', id: anna }],
  ['a server in it', { topic: 'server', id: 'a' }],
] as const)(
  'what is asked for again is kept with all that is made of it, until %s changes',
  async (_, change) => {
    const one = room();
    const follow = await followed(one, anna, [usable('a'), usable('b')]);
    const make = ({ servers }: ServerList): { names: string[] } => ({
      names: servers.map(({ server }) => server.name),
    });
    expect(follow()?.ready(make)).toBe(one.directory.find(anna)?.ready(make));
    one.feed.publish({ topic: 'server', id: 'c' });
    one.feed.publish({ topic: 'account', id: bert });
    expect(follow()?.ready(make).names).toEqual(['a', 'b']);
    one.feed.publish(change);
    expect([follow(), one.directory.find(anna)]).toEqual([undefined, undefined]);
    await remembered(one, anna, [usable('b')]);
    expect(follow()?.ready(make).names).toEqual(['b']);
  },
);

test.each([
  ['packed', 'k', true],
  ['as it is, for it cannot be packed', 'ключ', false],
])('a list that is kept has its servers %s, and gives them as they were', async (_, key, isPacked) => {
  const one = room();
  const links = [usable('a', key), usable('b', key)];
  const follow = await followed(one, anna, links);
  const servers = (): readonly UsableLink[] => follow()!.servers;
  expect(servers()).toEqual(links);
  expect(servers() === servers()).toBe(!isPacked);
  one.feed.publish({ topic: 'server', id: 'b', heardAt: 7 });
  const [first, second] = links as [UsableLink, UsableLink];
  expect(servers()).toEqual([first, { ...second, server: { ...second.server, heardAt: 7 } }]);
});

test('what is asked for again counts only while every change is heard', async () => {
  const one = room();
  const follow = await followed(one, anna, [usable('a')]);
  one.setAlone(false);
  expect(follow()).toBeUndefined();
  one.feed.forget();
  one.setAlone(true);
  expect(follow()).toBeUndefined();
});

const heardTimes = (list: ServerList | undefined): number[] | undefined =>
  list?.servers.map(({ server }) => server.heardAt);

test.each([
  ['packed', 'k'],
  ['as it is, for it cannot be packed', 'ключ'],
])(
  'a list remembered %s stays when a server in it is only heard from, and tells it at once',
  async (_, key) => {
    const one = room();
    await remembered(one, bert, [usable('a', key)]);
    const follow = await followed(one, anna, [usable('a', key), usable('b')]);
    const make = (list: ServerList): number[] => heardTimes(list) ?? [];
    expect(follow()?.ready(make)).toEqual([0, 0]);
    one.feed.publish({ topic: 'server', id: 'a', heardAt: 7 });
    expect(follow()?.ready(make)).toEqual([7, 0]);
    expect([anna, bert].map((id) => heardTimes(one.directory.find(id)))).toEqual([[7, 0], [7]]);
    expect(one.reads).toHaveLength(2);
    one.feed.publish({ topic: 'account', id: anna });
    one.feed.publish({ topic: 'server', id: 'a' });
    expect([follow(), one.directory.find(anna), one.directory.find(bert)]).toEqual(Array(3).fill(undefined));
  },
);

test('a read during which a server in it was heard from is not kept, and nobody joins it', async () => {
  const { directory, feed, reads } = room();
  const before = directory.of(anna);
  feed.publish({ topic: 'server', id: 'a', heardAt: 7 });
  void directory.of(anna);
  expect(reads).toHaveLength(2);
  await reads[0]!.answer([usable('a')]);
  await before;
  expect(directory.find(anna)).toBeUndefined();
});

test('a list that cannot be packed is remembered all the same', async () => {
  const one = room();
  await remembered(one, anna, [usable('a', 'ключ')]);
  expect(one.directory.find(anna)?.servers).toEqual([usable('a', 'ключ')]);
});

test('holds most lists once all were read ahead, until half of them changed or any may have', async () => {
  const { directory, feed, reads } = room();
  const ahead = [directory.readAhead(anna), directory.readAhead(bert)];
  await reads[0]!.answer([usable('a')]);
  await reads[1]!.answer([usable('b')]);
  await Promise.all([...ahead, directory.readAhead(anna)]);
  expect([reads.length, directory.holdsMost]).toEqual([2, false]);
  directory.hasReadAll(directory.epoch);
  expect(directory.holdsMost).toBe(true);
  const epoch = directory.epoch;
  feed.publish({ topic: 'account', id: anna });
  expect(directory.holdsMost).toBe(false);
  const again = directory.readAhead(anna);
  await reads[2]!.answer([usable('a')]);
  await again;
  feed.forget();
  directory.hasReadAll(epoch);
  expect(directory.holdsMost).toBe(false);
});

test('with no memory allowed every answer is read', async () => {
  const one = room({ LISTS_MEMORY_MB: '0' });
  await remembered(one, anna, [usable('a')]);
  expect(one.directory.find(anna)).toBeUndefined();
});
