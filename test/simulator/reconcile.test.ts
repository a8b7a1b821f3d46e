import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { authorization, FakeBroker, type Scripted } from './fake-broker.js';
import { MediaServer } from './media-server.js';
import type { LocalUser, MediaServerState } from './media-server-state.js';

const ANNA = authorization({ Id: 'a1', UserId: '11', UserName: 'anna', AccessToken: 'key-anna' });
const GUEST = authorization({
  Id: 'a2',
  UserId: '22',
  UserName: 'bob',
  AccessToken: 'key-bob',
  UserType: 'Guest',
});

function user(name: string, type: 'LinkedUser' | 'Guest', userId: string): LocalUser {
  return {
    id: `local-${name}`,
    name,
    connect: { userId, userName: name, accessKey: `key-${name}`, type },
    isHidden: type === 'Guest',
    isDisabled: false,
    libraries: 'all',
    imageUrl: '',
  };
}

function state(...users: LocalUser[]): MediaServerState {
  return {
    systemId: 'ec061cd8ec061cd8ec061cd8ec061cd8',
    registration: { id: 's1', accessKey: 'key1' },
    users,
    pending: [],
    sessions: [{ token: 'session-bob', localUserId: 'local-bob', client: 'TV' }],
  };
}

let broker: FakeBroker;

/** The server after one look at E12; it never listens. */
async function seeing(before: MediaServerState, ...answers: Scripted[]): Promise<MediaServer> {
  broker.on('E12', ...answers);
  const server = new MediaServer({ broker: broker.url, name: 'Cellar', state: before });
  await server.refreshAuthorizations();
  return server;
}

beforeEach(async () => {
  broker = new FakeBroker();
  await broker.listen();
});

afterEach(() => broker.close());

describe('a local user', () => {
  const both = (): MediaServerState => state(user('anna', 'LinkedUser', '11'), user('bob', 'Guest', '22'));

  it('stays as it is when its row stands in the list', async () => {
    const server = await seeing(both(), { body: [ANNA, GUEST] });
    expect(server.exportState()).toEqual(both());
    expect(server.events).toEqual([]);
  });

  it('who is linked loses the link when the row is missing', async () => {
    const server = await seeing(both(), { body: [GUEST] });
    expect(server.user('anna').connect).toBeNull();
    expect(server.events).toEqual([{ kind: 'unlinked', localUser: 'anna', connectUserId: '11' }]);
  });

  it('who is a guest is deleted with its sessions when the row is missing', async () => {
    const server = await seeing(both(), { body: [ANNA] });
    expect(server.users.map(({ name }) => name)).toEqual(['anna']);
    expect(server.exportState().sessions).toEqual([]);
    expect(server.events.map(({ kind }) => kind)).toEqual(['unlinked', 'guest-deleted']);
  });

  it('takes over the key that the broker names', async () => {
    const server = await seeing(both(), { body: [{ ...ANNA, AccessToken: 'rotated' }, GUEST] });
    expect(server.user('anna').connect?.accessKey).toBe('rotated');
    expect(server.events).toEqual([{ kind: 'key-adopted', localUser: 'anna', connectUserId: '11' }]);
  });

  it('keeps a key that differs in case only', async () => {
    const server = await seeing(both(), { body: [{ ...ANNA, AccessToken: 'KEY-ANNA' }, GUEST] });
    expect(server.user('anna').connect?.accessKey).toBe('key-anna');
  });

  it('who is a guest follows the name and the picture of the account', async () => {
    const renamed = { ...GUEST, UserName: 'robert', UserImageUrl: 'http://127.0.0.1/p.png' };
    const server = await seeing(both(), { body: [ANNA, renamed] });
    expect(server.user('local-bob')).toMatchObject({ name: 'robert', imageUrl: 'http://127.0.0.1/p.png' });
  });
});

describe('a guest', () => {
  it('who waits is pending, with the key', async () => {
    const server = await seeing(state(), { body: [{ ...GUEST, AcceptStatus: 'waiting' }] });
    expect(server.users).toEqual([]);
    expect(server.pending).toEqual([
      { id: 'a2', connectUserId: '22', userName: 'bob', imageUrl: '', accessToken: 'key-bob', libraries: [] },
    ]);
  });

  it('who accepted becomes a hidden local user with the libraries of the invitation', async () => {
    const pending = {
      id: 'a2',
      connectUserId: '22',
      userName: 'bob',
      imageUrl: '',
      accessToken: 'key-bob',
      libraries: ['Films'],
    };
    const server = await seeing({ ...state(), pending: [pending] }, { body: [GUEST] });
    expect(server.users).toEqual([
      { ...user('bob', 'Guest', '22'), id: expect.stringMatching(/^[0-9a-f]{32}$/), libraries: ['Films'] },
    ]);
    expect(server.pending).toEqual([]);
    expect(server.events).toEqual([{ kind: 'guest-created', localUser: 'bob', connectUserId: '22' }]);
  });

  it('gets a name without the characters that the server does not know', async () => {
    const server = await seeing(state(), { body: [{ ...GUEST, UserName: "b o/b-_'.ü🎬" }] });
    expect(server.events[0]).toMatchObject({ kind: 'guest-created', localUser: "bob-_'.ü" });
  });

  it.each([
    ['has a name of forbidden characters only', '&?/'],
    ['has the name of a local user', 'ANNA'],
  ])('who %s aborts the rest of the pass', async (_case, UserName) => {
    const waiting = { ...GUEST, Id: 'a4', UserId: '44', AcceptStatus: 'Waiting' };
    const carol = { ...GUEST, Id: 'a3', UserId: '33', UserName: 'carol' };
    const before = state(user('anna', 'LinkedUser', '11'), user('dora', 'LinkedUser', '55'));
    const server = await seeing(before, { body: [ANNA, { ...GUEST, UserName }, carol, waiting] });
    expect(server.users.map(({ name }) => name)).toEqual(['anna', 'dora']);
    expect(server.pending).toEqual([]);
    // What came before the guest is done.
    expect(server.user('dora').connect).toBeNull();
    expect(server.events.at(-1)).toMatchObject({ kind: 'failed', call: 'reconcile', status: null });
  });
});

describe('E12 failing changes nothing', () => {
  it.each<[string, Scripted]>([
    ['500', { status: 500, body: '[]' }],
    ['503', { status: 503, body: '[]' }],
    ['429', { status: 429, body: '[]' }],
    ['401', { status: 401, body: '[]' }],
    ['404', { status: 404, body: '[]' }],
    ['a redirect', { status: 302, body: '[]' }],
    ['bad JSON', { body: '[' }],
    ['no body', { body: '' }],
    ['null', { body: 'null' }],
    ['an object', { body: {} }],
    ['a row without a token', { body: [{ Id: 'a1', UserId: '11' }] }],
  ])('with %s', async (_case, answer) => {
    const before = state(user('anna', 'LinkedUser', '11'), user('bob', 'Guest', '22'));
    const server = await seeing(before, answer);
    expect(server.exportState()).toEqual(before);
    expect(server.events).toEqual([expect.objectContaining({ kind: 'failed', call: 'E12' })]);
  });
});
