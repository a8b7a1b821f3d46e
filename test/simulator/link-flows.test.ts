import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { authorization, FakeBroker } from './fake-broker.js';
import { MediaServer } from './media-server.js';

let broker: FakeBroker;
let server: MediaServer;
let now: number;

const WAITING = authorization({ AcceptStatus: 'Waiting' });
const GUEST = authorization({
  Id: 'a2',
  UserId: '22',
  UserName: 'bob',
  UserType: 'Guest',
  AcceptStatus: 'Waiting',
});

beforeEach(async () => {
  broker = new FakeBroker();
  await broker.listen();
  broker
    .on('E2', { body: { Id: 's1', AccessKey: 'key1' } })
    .on('E6', { body: { Id: '1717410', Name: 'alice', IsActive: true } })
    .on('E11', { body: WAITING })
    .on('E12', { body: [WAITING] })
    .on('E13', { body: {} });
  now = 0;
  const url = 'http://cellar.example:8096';
  server = new MediaServer({ broker: broker.url, name: 'Cellar', url, localAddress: null, now: () => now });
  server.addUser('Anna');
  server.addUser('Bert');
});

afterEach(() => broker.close());

describe('linking', () => {
  it('is refused for an account that is not active', async () => {
    broker.on('E6', { body: { Id: '1717410', Name: 'alice', IsActive: false } });
    await expect(server.linkUser('Anna', 'alice')).rejects.toMatchObject({ reason: 'account-inactive' });
    expect(broker.calls).not.toContain('E11');
  });

  it('is refused when any local user holds that account', async () => {
    await server.linkUser('Anna', 'alice');
    await expect(server.linkUser('Bert', 'alice')).rejects.toMatchObject({ reason: 'already-linked' });
    await expect(server.linkUser('Anna', 'alice')).rejects.toMatchObject({ reason: 'already-linked' });
  });

  it('stores nothing when E11 fails', async () => {
    broker.on('E11', { status: 409, body: {} }, { body: 'not JSON' });
    await expect(server.linkUser('Anna', 'alice')).rejects.toMatchObject({ call: 'E11', status: 409 });
    await expect(server.linkUser('Anna', 'alice')).rejects.toMatchObject({ call: 'E11', status: 200 });
    expect(server.user('Anna').connect).toBeNull();
  });

  it('stores the link at once, and keeps it when E12 fails', async () => {
    broker.on('E11', { body: authorization({ AcceptStatus: 'Accepted' }) });
    broker.on('E12', { body: [] }, { status: 503 });
    expect(await server.linkUser('Anna', 'alice')).toEqual({ isPending: false });
    expect(server.user('Anna').connect).toMatchObject({ userId: '1717410', type: 'LinkedUser' });
  });

  it('ends the old link of the local user first', async () => {
    await server.linkUser('Anna', 'alice');
    broker.on('E6', { body: { Id: '33', Name: 'carol', IsActive: true } });
    broker.on('E12', { body: [authorization({ UserId: '33' })] });
    await server.linkUser('Anna', 'carol');
    expect(broker.calls.slice(-4)).toEqual(['E6', 'E13', 'E11', 'E12']);
    expect(broker.last('E13').text).toBe('serverId=s1&userId=1717410');
    expect(server.user('Anna').connect?.userName).toBe('carol');
  });
});

describe('ending a link', () => {
  beforeEach(() => server.linkUser('Anna', 'alice'));

  it('takes 404 for success', async () => {
    broker.on('E13', { status: 404, body: {} });
    await server.unlink('Anna');
    expect(server.user('Anna').connect).toBeNull();
  });

  it.each([500, 401])('is aborted by %i, and the link stays', async (status) => {
    broker.on('E13', { status, body: {} });
    await expect(server.unlink('Anna')).rejects.toMatchObject({ call: 'E13', status });
    await expect(server.deleteLocalUser('Anna')).rejects.toMatchObject({ call: 'E13', status });
    expect(server.user('Anna').connect).not.toBeNull();
  });

  it('comes with the deletion of the local user', async () => {
    await server.deleteLocalUser('Anna');
    expect(broker.calls.at(-1)).toBe('E13');
    expect(server.users.map(({ name }) => name)).toEqual(['Bert']);
  });

  it('says nothing about a local user without one', async () => {
    const before = broker.calls.length;
    await server.deleteLocalUser('Bert');
    expect(broker.calls).toHaveLength(before);
  });
});

describe('inviting a guest', () => {
  beforeEach(async () => {
    await server.linkUser('Anna', 'alice');
    broker
      .on('E6', { body: { Id: '22', Name: 'bob', IsActive: true } })
      .on('E11', { body: GUEST })
      .on('E12', { body: [WAITING, GUEST] });
  });

  it('needs a sender who is linked', async () => {
    await expect(server.inviteGuest('bob', 'Bert')).rejects.toMatchObject({ reason: 'sender-not-linked' });
  });

  it('keeps the chosen libraries until the guest is there', async () => {
    await server.inviteGuest('bob', 'Anna', ['Films', 'Music']);
    expect(server.pending).toMatchObject([{ id: 'a2', libraries: ['Films', 'Music'] }]);
    broker.on('E12', { body: [WAITING, { ...GUEST, AcceptStatus: 'Accepted' }] });
    await server.refreshAuthorizations();
    expect(server.user('bob')).toMatchObject({ isHidden: true, libraries: ['Films', 'Music'] });
  });

  it('finds nobody under an unknown plain name', async () => {
    broker.on('E6', { status: 404, body: {} });
    await expect(server.inviteGuest('nobody', 'Anna')).rejects.toMatchObject({ reason: 'user-not-found' });
  });

  it('sends no mail when E6 is in trouble', async () => {
    broker.on('E6', { status: 503, body: {} });
    await expect(server.inviteGuest('b@x.org', 'Anna')).rejects.toMatchObject({ call: 'E6', status: 503 });
    expect(broker.calls).not.toContain('E10');
  });

  it('can be cancelled', async () => {
    await server.inviteGuest('bob', 'Anna');
    broker.on('E12', { body: [WAITING] });
    await server.cancel('a2');
    expect(broker.last('E13').text).toBe('serverId=s1&userId=22');
    expect(server.pending).toEqual([]);
    await expect(server.cancel('a2')).rejects.toMatchObject({ reason: 'not-pending' });
  });

  it('shows the pending guests of at most five minutes ago', async () => {
    await server.listPending();
    const before = broker.calls.length;
    now = 299_999;
    await server.listPending();
    expect(broker.calls).toHaveLength(before);
    now = 300_000;
    expect(await server.listPending()).toHaveLength(1);
    expect(broker.calls).toHaveLength(before + 1);
  });
});
