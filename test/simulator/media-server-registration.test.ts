import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { authorization, FakeBroker } from './fake-broker.js';
import { MediaServer, type MediaServerOptions } from './media-server.js';
import type { MediaServerState } from './media-server-state.js';

const LINKED = authorization({ AccessToken: 'keykeykeykeykeykeykeykeykeykeyke' });

const KNOWN: MediaServerState = {
  systemId: 'ec061cd8ec061cd8ec061cd8ec061cd8',
  registration: { id: 's1', accessKey: 'key1' },
  users: [
    {
      id: 'u1',
      name: 'Anna',
      connect: {
        userId: '1717410',
        userName: 'alice',
        accessKey: 'keykeykeykeykeykeykeykeykeykeyke',
        type: 'LinkedUser',
      },
      isHidden: false,
      isDisabled: false,
      libraries: 'all',
      imageUrl: '',
    },
  ],
  pending: [],
  sessions: [],
};

let broker: FakeBroker;
let server: MediaServer;

function mediaServer(options: Partial<MediaServerOptions> = {}): MediaServer {
  server = new MediaServer({ broker: broker.url, name: 'Cellar', state: KNOWN, ...options });
  return server;
}

beforeEach(async () => {
  broker = new FakeBroker();
  await broker.listen();
  broker
    .on('E1', { body: '203.0.113.5' })
    .on('E2', { body: { Id: 's2', AccessKey: 'key2' } })
    .on('E3', { body: {} })
    .on('E12', { body: [LINKED] });
});

afterEach(async () => {
  await server.stop();
  await broker.close();
});

describe('E3', () => {
  it('is what a server with a stored registration starts with, and E12 follows', async () => {
    await mediaServer().start();
    expect(broker.calls).toEqual(['E1', 'E3', 'E12']);
    expect(server.registration).toEqual({ id: 's1', accessKey: 'key1' });
    expect(server.events).toEqual([]);
  });

  it.each([401, 404])(
    'answered with %i makes the server register anew and lose its links',
    async (status) => {
      broker.on('E3', { status, body: {} }).on('E12', { body: [] });
      await mediaServer().start();
      expect(broker.calls).toEqual(['E1', 'E3', 'E2', 'E12']);
      expect(broker.last('E12').url).toBe('/service/ServerAuthorizations?serverId=s2');
      expect(server.registration).toEqual({ id: 's2', accessKey: 'key2' });
      expect(server.user('Anna').connect).toBeNull();
      expect(server.events.map(({ kind }) => kind)).toEqual([
        'registration-rejected',
        'registered',
        'unlinked',
      ]);
    },
  );

  it.each([500, 503, 429, 400])('answered with %i is logged and tried again later', async (status) => {
    broker.on('E3', { status, body: {} }, { body: {} });
    await mediaServer().start();
    expect(broker.calls).toEqual(['E1', 'E3']);
    expect(server.registration).toEqual({ id: 's1', accessKey: 'key1' });
    expect(server.user('Anna').connect).not.toBeNull();
    expect(server.events).toEqual([expect.objectContaining({ kind: 'failed', call: 'E3', status })]);
    await server.refresh();
    expect(broker.calls.slice(2)).toEqual(['E1', 'E3', 'E12']);
  });

  it('without any answer is logged, and the host is left alone for 30 s', async () => {
    let now = 0;
    broker.on('E3', { silent: true }, { body: {} });
    await mediaServer({ timeoutMs: 100, now: () => now }).start();
    expect(server.events).toEqual([expect.objectContaining({ kind: 'failed', call: 'E3', status: null })]);
    expect(server.exchanges.at(-1)).toMatchObject({ status: null, responseBody: '' });
    now = 29_999;
    await server.refresh();
    expect(broker.calls).toEqual(['E1', 'E3']);
    now = 30_000;
    await server.refresh();
    expect(broker.calls).toEqual(['E1', 'E3', 'E1', 'E3', 'E12']);
  });
});

describe('E2', () => {
  it('failing after a rejected E3 leaves the old registration to be tried once more', async () => {
    broker.on('E3', { status: 404 }).on('E2', { status: 503 }, { body: { Id: 's2', AccessKey: 'key2' } });
    await mediaServer().start();
    expect(server.registration?.id).toBe('s1');
    await server.refresh();
    expect(broker.calls).toEqual(['E1', 'E3', 'E2', 'E1', 'E3', 'E2', 'E12']);
    expect(server.registration?.id).toBe('s2');
  });

  it('is not called while no WAN address is known', async () => {
    broker.on('E1', { body: '203.0.113.5\n' });
    server = new MediaServer({ broker: broker.url, name: 'Cellar' });
    await server.start();
    expect(broker.calls).toEqual(['E1']);
    expect(server.events.map((event) => event.kind === 'failed' && event.call)).toEqual([
      'E1',
      'registration',
    ]);
  });

  it('is called before a link when the server never registered', async () => {
    server = new MediaServer({ broker: broker.url, name: 'Cellar', url: 'http://cellar.example:8096' });
    await server.listen();
    server.addUser('Bert');
    broker.on('E6', { status: 404, body: {} });
    await expect(server.linkUser('Bert', 'bob')).rejects.toMatchObject({ call: 'E6', status: 404 });
    expect(broker.calls).toEqual(['E2', 'E12', 'E6']);
  });

  it('failing makes a link impossible', async () => {
    broker.on('E2', { status: 503 });
    server = new MediaServer({ broker: broker.url, name: 'Cellar', url: 'http://cellar.example:8096' });
    await server.listen();
    server.addUser('Bert');
    await expect(server.linkUser('Bert', 'bob')).rejects.toMatchObject({ reason: 'not-registered' });
  });
});

describe('a restart', () => {
  it('is played with the exported state', async () => {
    await mediaServer().start();
    const state = server.exportState();
    await server.stop();
    expect(state).toEqual(KNOWN);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    await mediaServer({ state }).start();
    expect(broker.calls).toEqual(['E1', 'E3', 'E12', 'E1', 'E3', 'E12']);
    expect(server.systemId).toBe(KNOWN.systemId);
  });
});
