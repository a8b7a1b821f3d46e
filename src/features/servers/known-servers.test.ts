import { expect, test } from '@jest/globals';
import { NodesOnABus } from '../../../test/support/nodes-on-a-bus.js';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { LocalChangeFeed } from '../../platform/changes/local-change-feed.js';
import type { ServerId } from '../../shared/ids.js';
import { KnownServers } from './known-servers.js';
import type { ServerWithDigest } from './server.js';

const reading = (id: string) => () => Promise.resolve({ id: id as ServerId } as ServerWithDigest);

test('a server is known until it changes; others stay, and what is not there is asked for each time', async () => {
  const feed = new LocalChangeFeed(() => true, new RecordingLog());
  const servers = new KnownServers(feed);
  await servers.read('a', reading('a'));
  await servers.read('b', reading('b'));
  expect(await servers.read('c', () => Promise.resolve(null))).toBeNull();
  feed.publish({ topic: 'account', id: 'a' });
  expect(['a', 'b', 'c'].map((id) => servers.find(id)?.id)).toEqual(['a', 'b', undefined]);
  feed.publish({ topic: 'server', id: 'a' });
  expect(['a', 'b'].map((id) => servers.find(id)?.id)).toEqual([undefined, 'b']);
  feed.forget();
  expect(servers.find('b')).toBeUndefined();
});

test('none is known beside other nodes, though all of them are heard, nor is what was read then', async () => {
  const nodes = new NodesOnABus();
  const node = nodes.add();
  const servers = new KnownServers(node.feed);
  await servers.read('a', reading('a'));
  expect(servers.find('a')).toBeDefined();
  nodes.add();
  nodes.advance(1_000);
  expect([node.feed.hearsAll, node.feed.isAlone]).toEqual([true, false]);
  await servers.read('b', reading('b'));
  expect([servers.find('a'), servers.find('b')]).toEqual([undefined, undefined]);
});
