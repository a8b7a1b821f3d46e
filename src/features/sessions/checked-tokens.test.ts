import { expect, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { LocalChangeFeed } from '../../platform/changes/local-change-feed.js';
import type { AccountId, DeviceId } from '../../shared/ids.js';
import type { Account } from '../accounts/index.js';
import { CheckedTokens, type CheckedToken } from './checked-tokens.js';

function token(accountId: string): CheckedToken {
  const account = { id: accountId as AccountId } as Account;
  return { signedIn: { account, deviceId: 'd' as DeviceId }, createdAt: 0, lastUsedAt: 0 };
}

function room(): { tokens: CheckedTokens; feed: LocalChangeFeed; setAlone: (alone: boolean) => void } {
  let alone = true;
  const feed = new LocalChangeFeed(() => alone, new RecordingLog());
  return { tokens: new CheckedTokens(feed), feed, setAlone: (is) => (alone = is) };
}

const reading = (of: string) => () => Promise.resolve(token(of));

test('a token is remembered until its account changes; tokens of others stay', async () => {
  const { tokens, feed } = room();
  await tokens.read('one', reading('1'));
  await tokens.read('another', reading('1'));
  await tokens.read('other', reading('2'));
  expect(tokens.find('one')?.signedIn.account.id).toBe('1');
  feed.publish({ topic: 'server', id: '1' });
  expect(tokens.find('one')).toBeDefined();
  feed.publish({ topic: 'account', id: '1' });
  expect(['one', 'another', 'other'].map((digest) => tokens.find(digest) !== undefined)).toEqual([
    false,
    false,
    true,
  ]);
});

test('a token that is read while its account changes is answered and not kept', async () => {
  const { tokens, feed } = room();
  const read = tokens.read('one', () => {
    feed.publish({ topic: 'account', id: '1' });
    return Promise.resolve(token('1'));
  });
  expect(await read).not.toBeNull();
  expect(tokens.find('one')).toBeUndefined();
});

test('an unknown token is not remembered: it may be made the next moment', async () => {
  const { tokens } = room();
  expect(await tokens.read('one', () => Promise.resolve(null))).toBeNull();
  await tokens.read('one', reading('1'));
  expect(tokens.find('one')).toBeDefined();
});

test('nothing counts while others write unheard, nor is anything kept that was read then', async () => {
  const { tokens, feed, setAlone } = room();
  await tokens.read('one', reading('1'));
  setAlone(false);
  expect(tokens.find('one')).toBeUndefined();
  await tokens.read('two', reading('1'));
  feed.forget();
  setAlone(true);
  expect([tokens.find('one'), tokens.find('two')]).toEqual([undefined, undefined]);
});
