import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Device } from './device.js';
import { FakeBroker } from './fake-broker.js';
import type { SavedServer } from './saved-servers.js';
import { register } from './sign-up.js';

const USER = {
  Id: '1717410',
  Name: 'alice',
  DisplayName: 'alice',
  Email: 'a@example.org',
  IsActive: true,
  ImageUrl: '',
};
const ENTRY = {
  Id: 's1',
  Url: 'http://203.0.113.5:8096',
  Name: 'Cellar',
  SystemId: 'sys1',
  AccessKey: 'key',
  LocalAddress: '',
  UserType: 'Linked',
  SupporterKey: '',
};
const PIN = {
  Id: null,
  Pin: 'BCDFGHJK',
  DeviceId: 'handle1',
  IsExpired: false,
  IsConfirmed: false,
  AccessToken: null,
};

let broker: FakeBroker;
let device: Device;

beforeEach(async () => {
  broker = new FakeBroker();
  await broker.listen();
  broker.on('E7', { body: { AccessToken: 'token', User: USER } });
  device = new Device({ broker: broker.url });
});

afterEach(() => broker.close());

describe('signing in with a password', () => {
  it('sends an escaped form and keeps the token', async () => {
    expect(await device.signIn('a+b@x.org', 'p&ss w=rd+%')).toMatchObject({ Name: 'alice' });
    const login = broker.last('E7');
    expect(login.text).toBe('nameOrEmail=a%2Bb%40x.org&rawpw=p%26ss%20w%3Drd%2B%25');
    expect(login.headers).toMatchObject({ 'x-application': 'Theater/3.0.0' });
    expect(device.signedIn).toEqual({ userId: '1717410', accessToken: 'token' });
  });

  it.each([201, 204, 401])('takes %i for a refusal', async (status) => {
    broker.on('E7', { status, body: status === 204 ? '' : { AccessToken: 'token', User: USER } });
    await expect(device.signIn('alice', 'x')).rejects.toMatchObject({ call: 'E7', status });
    expect(device.signedIn).toBeNull();
  });

  it.each([{ Id: 1717410 }, { Id: 'alice' }, { DisplayName: null }, { IsActive: 'true' }])(
    'does not read a user with %j',
    async (wrong) => {
      broker.on('E7', { body: { AccessToken: 'token', User: { ...USER, ...wrong } } });
      await expect(device.signIn('alice', 'x')).rejects.toMatchObject({ call: 'E7', status: 200 });
    },
  );
});

describe('signing in with a PIN', () => {
  beforeEach(() => {
    broker
      .on('E16', { body: PIN })
      .on('E17', { body: { ...PIN, Id: '5', IsConfirmed: true } })
      .on('E18', { body: { UserId: '1717410', AccessToken: 'token' } });
  });

  it('goes on with the handle that came back', async () => {
    const pin = await device.createPin('my TV & more');
    expect(broker.last('E16').text).toBe('deviceId=my%20TV%20%26%20more');
    expect(await device.pollPin(pin)).toMatchObject({ IsConfirmed: true });
    expect(broker.last('E17').url).toBe('/service/pin?deviceId=handle1&pin=BCDFGHJK');
    await device.exchangePin(pin);
    expect(broker.last('E18').text).toBe('deviceId=handle1&pin=BCDFGHJK');
    expect(device.signedIn).toEqual({ userId: '1717410', accessToken: 'token' });
  });

  it('goes on with its own id when it is a Roku, which does not escape', async () => {
    const roku = new Device({ broker: broker.url, deviceId: 'Roku 4 & co', pinStyle: 'own-device-id' });
    const pin = await roku.createPin();
    expect(broker.last('E16').text).toBe('deviceId=Roku 4 & co');
    await roku.pollPin(pin);
    expect(broker.last('E17').url).toBe('/service/pin?deviceId=Roku%204%20%26%20co&pin=BCDFGHJK');
    await roku.exchangePin(pin);
    expect(broker.last('E18').text).toBe('deviceId=Roku%204%20%26%20co&pin=BCDFGHJK');
  });

  it.each([{ Pin: 73494 }, { AccessToken: 'none' }, { IsExpired: 'false' }])(
    'does not read %j',
    async (wrong) => {
      broker.on('E16', { body: { ...PIN, ...wrong } });
      await expect(device.createPin()).rejects.toMatchObject({ call: 'E16', status: 200 });
    },
  );
});

describe('a device that is signed in', () => {
  const saved = (systemId: string, exchangeToken: string): SavedServer => ({
    systemId,
    name: systemId,
    exchangeToken,
    connectServerId: `id-${systemId}`,
    url: '',
    localAddress: '',
    linkType: 'LinkedUser',
    local: { userId: 'u', accessToken: `local-${systemId}` },
  });

  beforeEach(async () => {
    device = new Device({
      broker: broker.url,
      saved: [saved('by-hand', ''), saved('gone', 'old'), saved('sys1', 'old')],
    });
    await device.signIn('alice', 'x');
  });

  it('brings listed servers up to date and drops those that are no longer listed', async () => {
    broker.on('E4', { body: [ENTRY] });
    expect(await device.servers()).toEqual([ENTRY]);
    const { url, headers } = broker.last('E4');
    expect(url).toBe('/service/servers?userId=1717410');
    expect(headers['x-connect-usertoken']).toBe('token');
    expect(device.saved.map(({ systemId, exchangeToken }) => [systemId, exchangeToken])).toEqual([
      ['by-hand', ''],
      ['sys1', 'key'],
    ]);
    expect(device.saved[1]?.local?.accessToken).toBe('local-sys1');
  });

  it.each([
    { status: 503, body: [] },
    { status: 201, body: [] },
    { body: {} },
    { body: [{ ...ENTRY, LocalAddress: null }] },
  ])('keeps its servers when the answer is %j', async (answer) => {
    broker.on('E4', answer);
    await expect(device.servers()).rejects.toMatchObject({ call: 'E4' });
    expect(device.saved).toHaveLength(3);
  });

  it('speaks the other calls as the JS client does', async () => {
    for (const call of ['E8', 'E14', 'E15', 'E19']) broker.on(call, { body: {} });
    broker.on('E5', { body: [{ ...ENTRY, AccessKey: '' }] }).on('E6', { body: USER });
    expect(await device.invitations()).toHaveLength(1);
    await device.me();
    await device.accept('s1');
    await device.reject('s1');
    await device.leave('id-gone');
    await device.confirmPin('bc df');
    await device.logout();
    expect(device.saved.map(({ systemId }) => systemId)).toEqual(['by-hand', 'sys1']);
    expect(device.signedIn).toBeNull();
    expect(broker.received.slice(1).map(({ method, url, body }) => [method, url, body.length])).toEqual([
      ['GET', '/service/servers?userId=1717410&status=Waiting', 0],
      ['GET', '/service/user?id=1717410', 0],
      ['GET', '/service/ServerAuthorizations/accept?serverId=s1&userId=1717410', 0],
      ['DELETE', '/service/serverAuthorizations?serverId=s1&userId=1717410', 0],
      ['DELETE', '/service/serverAuthorizations?serverId=id-gone&userId=1717410', 0],
      ['POST', '/service/pin/confirm?pin=bc%20df&userId=1717410', 0],
      ['POST', '/service/user/logout', 0],
    ]);
    expect(broker.received.slice(1).map(({ headers }) => headers['x-connect-usertoken'])).toEqual(
      Array.from({ length: 7 }, () => 'token'),
    );
  });
});

describe('signing up', () => {
  it('sends an escaped form with the literal of a sign-up, and gives back refusals', async () => {
    broker.on('E9', { status: 409, body: { Status: 'USERNAME_IN_USE' } });
    const account = { email: 'a+b@x.org', userName: 'alice', password: 'correct horse' };
    expect(await register(broker.url, account)).toEqual({ status: 409, body: { Status: 'USERNAME_IN_USE' } });
    const { text, headers } = broker.last('E9');
    expect(text).toBe('email=a%2Bb%40x.org&userName=alice&rawpw=correct%20horse');
    expect(headers['x-connect-token']).toBe('CONNECT-REGISTER');
  });
});
