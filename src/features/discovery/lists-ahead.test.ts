import { expect, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { loadConfig } from '../../config/index.js';
import { LocalChangeFeed } from '../../platform/changes/local-change-feed.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import type { AccountId } from '../../shared/ids.js';
import { usableLink } from '../../../test/support/usable-link.js';
import type { LinksService, UsableLink } from '../links/index.js';
import { Directory } from './directory.js';
import { ListsAhead } from './lists-ahead.js';

const ids = Array.from({ length: 100 }, (_, at) => String(1_000 + at) as AccountId);

/** Reads lists ahead, and says of which accounts. `look` is asked for each. */
function ahead(settings: Record<string, string> = {}, look: (id: AccountId) => void = () => undefined) {
  let heard = true;
  const log = new RecordingLog();
  const feed = new LocalChangeFeed(() => heard, log);
  const read: AccountId[] = [];
  const links = {
    accountsAfter: (after: string, most: number) =>
      Promise.resolve(ids.filter((id) => id > after).slice(0, most)),
    usableBy: (accountId: AccountId): UsableLink[] => {
      look(accountId);
      read.push(accountId);
      return [usableLink('a', { accountId })];
    },
  } as unknown as LinksService;
  const config = loadConfig(settings);
  const directory = new Directory(links, feed, config);
  const jobs = new Jobs(log);
  const begin = async (): Promise<void> => {
    new ListsAhead(directory, links, jobs, config).begin();
    await jobs.idle();
    await jobs.stop();
  };
  return { begin, read, directory, feed, jobs, log, setHeard: (is: boolean) => (heard = is) };
}

test('reads the list of every account once, and then holds them', async () => {
  const { begin, read, directory } = ahead();
  await begin();
  expect(read).toEqual(ids);
  expect(directory.holdsMost).toBe(true);
  expect(directory.find(ids[99]!)?.servers).toHaveLength(1);
});

test('holds them though each has changed and was read again, until there was no room and all went', async () => {
  const { begin, directory, feed } = ahead({ LISTS_MEMORY_MB: '1' });
  await begin();
  const readAgain = async (id: AccountId): Promise<void> => {
    feed.publish({ topic: 'account', id });
    await directory.of(id);
  };
  for (let time = 0; time < 2; time += 1) for (const id of ids) await readAgain(id);
  expect(directory.holdsMost).toBe(true);
  while (directory.find(ids[0]!) !== undefined) await readAgain(ids[99]!);
  expect([directory.find(ids[99]!)?.servers.length, directory.holdsMost]).toEqual([1, false]);
});

test.each([
  ['it is not wanted', { LISTS_READ_AHEAD: 'false' }],
  ['nothing would be kept', { LISTS_MEMORY_MB: '0' }],
])('reads nothing where %s', async (_, settings) => {
  const { begin, read, directory } = ahead(settings);
  await begin();
  expect([read, directory.holdsMost]).toEqual([[], false]);
});

test('reads nothing while not every change is heard', async () => {
  const one = ahead();
  one.setHeard(false);
  await one.begin();
  expect(one.read).toEqual([]);
});

test('ends when the process stops', async () => {
  const one = ahead({}, () => void one.jobs.stop());
  await one.begin();
  expect(one.read).toEqual(ids.slice(0, 64));
  expect(one.directory.holdsMost).toBe(false);
});

test('one that cannot be read does not keep the others from it', async () => {
  const one = ahead({}, (id) => {
    if (id === ids[70]) throw new Error('unreadable');
  });
  await one.begin();
  expect([one.read.length, one.directory.holdsMost, one.log.lines]).toEqual([99, true, []]);
});

test('a database that is away is told, and tried again later', async () => {
  const one = ahead({}, () => {
    throw new Error('database away');
  });
  await one.begin();
  expect(one.log.lines.map(({ level, fields }) => [level, (fields as { job?: string }).job])).toEqual([
    ['error', 'read lists ahead'],
  ]);
  expect(one.directory.holdsMost).toBe(false);
});
