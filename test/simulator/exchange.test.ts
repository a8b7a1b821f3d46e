import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerEntry } from './device-answers.js';
import { Device, type DeviceOptions } from './device.js';
import { authorization, FakeBroker } from './fake-broker.js';
import { MediaServer } from './media-server.js';
import { send, type WireResponse } from './wire.js';

const LINKED = { UserId: '1717410', UserName: 'alice', AccessToken: 'key-alice' };
const GUEST = { Id: 'a2', UserId: '22', UserName: 'bob', UserType: 'Guest', AccessToken: 'key-bob' };

let broker: FakeBroker;
let server: MediaServer;
let other: MediaServer;

beforeEach(async () => {
  broker = new FakeBroker();
  await broker.listen();
  broker
    .on('E1', { body: '127.0.0.1' })
    .on('E2', { body: { Id: 's1', AccessKey: 'key1' } })
    .on('E6', { body: { Id: '1717410', Name: 'alice', IsActive: true } })
    .on('E11', { body: authorization(LINKED) })
    .on('E12', { body: [authorization(LINKED)] })
    .on('E7', {
      body: {
        AccessToken: 'token',
        User: { Id: '1717410', Name: 'alice', DisplayName: 'alice', Email: 'a@x.org', IsActive: true },
      },
    });
  server = new MediaServer({ broker: broker.url, name: 'Cellar' });
  other = new MediaServer({ broker: broker.url, name: 'Attic' });
  await server.start();
  await other.listen();
  server.addUser('Anna');
  await server.linkUser('Anna', 'alice');
});

afterEach(async () => {
  await server.stop();
  await other.stop();
  await broker.close();
});

function entry(fields: Partial<ServerEntry> = {}): ServerEntry {
  return {
    Id: 's1',
    Url: server.address,
    Name: 'Cellar',
    SystemId: server.systemId,
    AccessKey: 'key-alice',
    LocalAddress: server.address,
    UserType: 'Linked',
    SupporterKey: '',
    ...fields,
  };
}

async function signedInDevice(options: Partial<DeviceOptions> = {}): Promise<Device> {
  const device = new Device({ broker: broker.url, ...options });
  await device.signIn('alice', 'x');
  return device;
}

function get(path: string, headers: Record<string, string> = {}): Promise<WireResponse> {
  const base = server.address;
  return send({ direction: 'to-media-server', method: 'GET', base, path, headers, timeoutMs: 5_000 }, []);
}

describe('the exchange', () => {
  it('ends with a local session, and the server is kept with it', async () => {
    const device = await signedInDevice();
    broker.on('E4', { body: [entry()] });
    const [listed] = await device.servers();
    const access = await device.exchange(listed!);
    expect(access).toEqual({
      address: server.address,
      localUserId: server.user('Anna').id,
      accessToken: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(device.saved[0]?.local).toEqual({
      userId: access.localUserId,
      accessToken: access.accessToken,
    });
    expect(device.exchanges.slice(2).map(({ direction, path, status }) => [direction, path, status])).toEqual(
      [
        ['to-media-server', '/emby/system/info/public', 200],
        ['to-media-server', '/emby/Connect/Exchange?format=json&ConnectUserId=1717410', 200],
        ['to-media-server', '/emby/System/Info', 200],
      ],
    );
    expect(server.exchanges.slice(-3).map(({ direction }) => direction)).toEqual(
      Array.from({ length: 3 }, () => 'from-device'),
    );
  });

  it('works with the header of the other clients', async () => {
    const device = await signedInDevice({ tokenHeader: 'X-MediaBrowser-Token' });
    expect(await device.exchange(entry())).toMatchObject({ address: server.address });
  });

  it('passes by an address at which another server answers', async () => {
    const device = await signedInDevice();
    const access = await device.exchange(entry({ LocalAddress: other.address }));
    expect(access.address).toBe(server.address);
    expect(other.exchanges).toHaveLength(1);
  });

  it('never sends the key to another server', async () => {
    const device = await signedInDevice();
    const wrong = entry({ LocalAddress: '', Url: other.address });
    await expect(device.exchange(wrong)).rejects.toMatchObject({ call: 'probe', status: null });
    expect(other.exchanges.map(({ path }) => path)).toEqual(['/emby/system/info/public']);
  });

  it('is refused with a wrong key, and the local token is forgotten', async () => {
    const device = await signedInDevice();
    broker.on('E4', { body: [entry()] });
    await device.servers();
    await device.exchange(entry());
    const wrong = entry({ AccessKey: 'wrong' });
    await expect(device.exchange(wrong)).rejects.toMatchObject({ call: 'exchange', status: 401 });
    expect(device.saved[0]?.local).toBeNull();
  });

  it('is refused to a disabled user', async () => {
    server.disableUser('Anna');
    const device = await signedInDevice();
    await expect(device.exchange(entry())).rejects.toMatchObject({ call: 'exchange', status: 401 });
    expect((await get('/emby/System/Info', { 'X-Emby-Token': 'key-alice' })).status).toBe(401);
  });

  it('looks at E12 once when the guest who just accepted is unknown', async () => {
    broker.on('E12', { body: [authorization(LINKED), authorization({ ...GUEST, AcceptStatus: 'Waiting' })] });
    await server.refreshAuthorizations();
    broker.on('E12', { body: [authorization(LINKED), authorization(GUEST)] });
    const before = broker.calls.length;
    const answer = await get('/Connect/Exchange?ConnectUserId=22', {
      'X-Emby-Token': 'key-bob',
      'X-Emby-Authorization': 'MediaBrowser Client="TV", Device="x"',
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ LocalUserId: server.user('bob').id });
    expect(broker.calls.slice(before)).toEqual(['E12']);
  });

  it('is 404 for a user whom E12 does not know either', async () => {
    const headers = { 'X-Emby-Token': 'key-alice', 'X-Emby-Client': 'TV' };
    expect((await get('/emby/Connect/Exchange?ConnectUserId=99', headers)).status).toBe(404);
  });

  it('hands the key itself back to a client without a name', async () => {
    const path = '/emby/Connect/Exchange?ConnectUserId=1717410&X-Emby-Token=key-alice';
    expect(JSON.parse((await get(path)).text)).toMatchObject({ AccessToken: 'key-alice' });
  });
});

describe('the routes for devices', () => {
  it.each(['/emby/System/Info/Public', '/system/info/public', '/mediabrowser/SYSTEM/Info/Public?x=1'])(
    'tell at %s which server this is',
    async (path) => {
      expect(JSON.parse((await get(path)).text)).toEqual({
        Id: server.systemId,
        ServerName: 'Cellar',
        Version: '3.2.0.0',
        LocalAddress: server.address,
        WanAddress: server.address,
      });
    },
  );

  it('keep the rest for who holds a token', async () => {
    expect((await get('/emby/System/Info')).status).toBe(401);
    expect((await get('/emby/System/Info', { 'X-Emby-Token': 'wrong' })).status).toBe(401);
    expect((await get('/emby/System/Info', { 'X-Emby-Token': 'key-alice' })).status).toBe(200);
    expect((await get('/emby/Users')).status).toBe(404);
  });
});
