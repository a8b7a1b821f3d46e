import { expect, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { LocalChangeFeed } from '../../platform/changes/local-change-feed.js';
import type { AccountId, ServerId } from '../../shared/ids.js';
import { ListChanges } from './list-changes.js';

const anna = '1' as AccountId;

function room(): { feed: LocalChangeFeed; changes: ListChanges; setAlone: (is: boolean) => void } {
  let alone = true;
  const feed = new LocalChangeFeed(() => alone, new RecordingLog());
  const changes = new ListChanges(feed);
  changes.onModuleInit();
  return { feed, changes, setAlone: (is) => (alone = is) };
}

test('who waits hears of changes of the account and of the servers that the list held, until the end', () => {
  const { feed, changes } = room();
  let told = 0;
  const subscription = changes.subscribe(anna, () => (told += 1));
  feed.publish({ topic: 'server', id: 'a' });
  feed.publish({ topic: 'account', id: '2' });
  expect(told).toBe(0);
  subscription.holds(['b' as ServerId]);
  feed.publish({ topic: 'server', id: 'b' });
  subscription.holds(['b' as ServerId]);
  feed.publish({ topic: 'account', id: anna });
  expect(told).toBe(2);
  subscription.holds(['c' as ServerId]);
  feed.publish({ topic: 'server', id: 'b' });
  expect(told).toBe(2);
  subscription.end();
  feed.publish({ topic: 'account', id: anna });
  feed.publish({ topic: 'server', id: 'c' });
  expect(told).toBe(2);
});

test('a change of a server during the read, before it is known that the list holds it, is told after it', () => {
  const { feed, changes } = room();
  let told = 0;
  const subscription = changes.subscribe(anna, () => (told += 1));
  feed.publish({ topic: 'server', id: 'a' });
  subscription.holds(['a' as ServerId, 'b' as ServerId]);
  expect(told).toBe(1);
  feed.publish({ topic: 'server', id: 'b' });
  expect(told).toBe(2);
  subscription.holds(['b' as ServerId]);
  expect(told).toBe(2);
});

test('where changes by others are not heard, who waits is told to look again from time to time', () => {
  const { changes, setAlone } = room();
  let told = 0;
  changes.subscribe(anna, () => (told += 1));
  changes.tellUnheard();
  expect(told).toBe(0);
  setAlone(false);
  changes.tellUnheard();
  expect(told).toBe(1);
});

test('that a server was heard from is told to nobody (ADR 0020)', () => {
  const { feed, changes } = room();
  let told = 0;
  const subscription = changes.subscribe(anna, () => (told += 1));
  feed.publish({ topic: 'server', id: 'a', heardAt: 1 });
  subscription.holds(['a' as ServerId]);
  feed.publish({ topic: 'server', id: 'a', heardAt: 2 });
  expect(told).toBe(0);
});
