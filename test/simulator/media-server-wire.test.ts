import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { authorization, FakeBroker } from './fake-broker.js';
import { netUrlEncode } from './forms.js';
import { MediaServer, type MediaServerOptions } from './media-server.js';

const NAME = 'Tom & Jerry 100%+ =ok 🎬';
const SYSTEM_ID = 'ec061cd8ec061cd8ec061cd8ec061cd8';

let broker: FakeBroker;
let server: MediaServer;

function mediaServer(options: Partial<MediaServerOptions> = {}): MediaServer {
  server = new MediaServer({ broker: broker.url, name: NAME, systemId: SYSTEM_ID, ...options });
  return server;
}

beforeEach(async () => {
  broker = new FakeBroker();
  await broker.listen();
  broker
    .on('E1', { body: '203.0.113.5' })
    .on('E2', { body: { Id: 's1', AccessKey: 'key1', Url: '', Name: '' } })
    .on('E3', { body: {} })
    .on('E6', { body: { Id: '1717410', Name: 'alice', IsActive: true } })
    .on('E11', { body: authorization({ AcceptStatus: 'Waiting' }) })
    .on('E12', { body: [authorization({ AcceptStatus: 'Waiting' })] })
    .on('E13', { body: {} })
    .on('E10', { body: {} });
});

afterEach(async () => {
  await server.stop();
  await broker.close();
});

describe('the registration on the wire', () => {
  it('asks for the address as any IP service is asked', async () => {
    await mediaServer().start();
    const { headers } = broker.last('E1');
    expect(headers['user-agent']).toBe('Emby/3.2.0.0');
    expect(headers).not.toHaveProperty('x-application');
  });

  it('sends name, url, systemId and localAddress unescaped and in this order', async () => {
    await mediaServer().start();
    const port = new URL(server.address).port;
    const body = `name=${NAME}&url=http://203.0.113.5:${port}&systemId=${SYSTEM_ID}&localAddress=${server.address}`;
    expect(broker.last('E2').body).toEqual(Buffer.from(body, 'utf8'));
  });

  it('sends no localAddress when it has none', async () => {
    await mediaServer({ url: 'https://emby.example.org:8920', localAddress: null }).start();
    expect(broker.last('E2').text).toBe(
      `name=${NAME}&url=https://emby.example.org:8920&systemId=${SYSTEM_ID}`,
    );
  });

  it('puts an IPv6 address in brackets', async () => {
    broker.on('E1', { body: '2001:db8::5' });
    await mediaServer({ localAddress: null }).start();
    expect(broker.last('E2').text).toContain(`&url=http://[2001:db8::5]:${new URL(server.address).port}&`);
  });

  it('carries a credential at E3 and none at E2', async () => {
    await mediaServer().start();
    await server.refresh();
    expect(broker.last('E2').headers).not.toHaveProperty('x-connect-token');
    const update = broker.last('E3');
    expect(update.url).toBe('/service/Servers?id=s1');
    expect(update.body).toEqual(broker.last('E2').body);
    expect(update.headers).toMatchObject({
      'x-connect-token': 'key1',
      'x-application': 'Media Server/3.2.0.0',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(update.body.length),
    });
    expect(update.headers).not.toHaveProperty('accept-encoding');
  });

  it('reads the list without a body and with the key', async () => {
    await mediaServer().start();
    const list = broker.last('E12');
    expect(list.url).toBe('/service/ServerAuthorizations?serverId=s1');
    expect(list.body).toHaveLength(0);
    expect(list.headers['x-connect-token']).toBe('key1');
  });
});

describe('the links on the wire', () => {
  beforeEach(async () => {
    await mediaServer().start();
    server.addUser('Anna');
    server.addUser('Bert');
  });

  it('escapes the one value of E6 as .NET does', async () => {
    await server.linkUser('Anna', 'a+b c@x.org');
    expect(broker.last('E6').url).toBe('/service/user?nameOrEmail=a%2Bb+c%40x.org');
    expect(netUrlEncode("Ä~'(x)!*-_.")).toBe('%C3%84%7E%27(x)!*-_.');
  });

  it('links with a token of 32 hex digits and without a requester', async () => {
    expect(await server.linkUser('Anna', 'alice')).toEqual({ isPending: true });
    expect(broker.last('E11').text).toMatch(
      /^serverId=s1&userId=1717410&userType=Linked&accessToken=[0-9a-f]{32}$/,
    );
  });

  it('names the requester when it invites a guest', async () => {
    await server.linkUser('Anna', 'alice');
    broker.on('E6', { body: { Id: '22', Name: 'bob', IsActive: true } });
    broker.on('E11', { body: authorization({ UserId: '22', UserType: 'Guest', AcceptStatus: 'waiting' }) });
    expect(await server.inviteGuest('bob', 'Anna', ['Films'])).toEqual({
      isPending: true,
      isNewUserInvitation: false,
      guestDisplayName: 'bob',
    });
    expect(broker.last('E11').text).toMatch(
      /^serverId=s1&userId=22&userType=Guest&accessToken=[0-9a-f]{32}&requesterUserName=alice$/,
    );
  });

  it('invites an unknown e-mail address with its raw plus and without a credential', async () => {
    await server.linkUser('Anna', 'alice');
    broker.on('E6', { status: 404, body: {} });
    expect(await server.inviteGuest('a+b@x.org', 'Anna')).toMatchObject({ isNewUserInvitation: true });
    const invite = broker.last('E10');
    expect(invite.text).toBe('email=a+b@x.org&requesterUserName=alice');
    expect(invite.headers).not.toHaveProperty('x-connect-token');
    expect(invite.headers['x-application']).toBe('Media Server/3.2.0.0');
    expect(server.pending).toEqual([]);
  });

  it('unlinks with a form in the body of a DELETE', async () => {
    await server.linkUser('Anna', 'alice');
    await server.unlink('Anna');
    const removal = broker.last('E13');
    expect(removal.url).toBe('/service/ServerAuthorizations');
    expect(removal.text).toBe('serverId=s1&userId=1717410');
    expect(removal.headers).toMatchObject({
      'x-connect-token': 'key1',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': '26',
    });
  });

  it('keeps a record of what went over the wire', async () => {
    await server.unlink('Anna');
    await server.linkUser('Anna', 'alice');
    expect(server.exchanges.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['GET', '/service/ip', 200],
      ['POST', '/service/Servers', 200],
      ['GET', '/service/ServerAuthorizations?serverId=s1', 200],
      ['GET', '/service/user?nameOrEmail=alice', 200],
      ['POST', '/service/ServerAuthorizations', 200],
      ['GET', '/service/ServerAuthorizations?serverId=s1', 200],
    ]);
    expect(server.exchanges[0]).toEqual({
      direction: 'to-broker',
      method: 'GET',
      path: '/service/ip',
      requestHeaders: { 'User-Agent': 'Emby/3.2.0.0' },
      requestBody: '',
      status: 200,
      responseBody: '203.0.113.5',
    });
  });
});
