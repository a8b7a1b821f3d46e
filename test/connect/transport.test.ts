import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from 'node:net';
import { TestBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import { ask, askAt, type Call } from './ask.js';
import { account, device, hex, server, waitingLink, type CastServer } from './cast.js';
import { ENDPOINTS } from './endpoints.js';

let broker: TestBroker;
beforeAll(async () => {
  broker = await TestBroker.start();
});
afterAll(() => broker.remove());

describe('paths', () => {
  test.each(ENDPOINTS)(
    '%s %s is found in any letter case and with a slash at its end',
    async (method, path, status, call) => {
      const mixed = path.replace(/[a-z]/g, (letter, at: number) =>
        at % 2 === 0 ? letter.toUpperCase() : letter,
      );
      const spellings = [path, path.toLowerCase(), path.toUpperCase(), mixed];
      for (const spelled of spellings.flatMap((one) => [one, `${one}/`])) {
        expect([spelled, (await ask(broker, method, spelled, call)).status]).toEqual([spelled, status]);
      }
      const shouted = await askAt(
        broker,
        method,
        `/SERVICE/${path}?${new URLSearchParams(call.query).toString()}`,
        call,
      );
      expect(shouted.status).toBe(status);
    },
  );

  test.each(ENDPOINTS)(
    '%s %s answers in JSON, without a cookie, to no one else’s cache',
    async (method, path, _, call) => {
      const { headers, text } = await ask(broker, method, path, call);
      if (path === 'ip') expect(headers['content-type']).toBe('text/plain; charset=utf-8');
      else {
        expect(headers['content-type']).toBe('application/json; charset=utf-8');
        expect(() => JSON.parse(text) as unknown).not.toThrow();
      }
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers['server'] ?? headers['x-powered-by']).toBeUndefined();
    },
  );

  test.each([
    ['PUT', 'servers'],
    ['PATCH', 'servers'],
    ['DELETE', 'servers'],
    ['POST', 'ip'],
    ['GET', 'register'],
    ['GET', 'user/authenticate'],
    ['GET', 'user/logout'],
    ['GET', 'users/invite'],
    ['GET', 'pin/confirm'],
    ['GET', 'pin/authenticate'],
    ['POST', 'ServerAuthorizations/accept'],
    ['PUT', 'ServerAuthorizations'],
    ['TRACE', 'ip'],
    ['GET', ''],
    ['GET', 'keyAssociation'],
    ['POST', 'user/preferences'],
    ['GET', 'registrationInfo'],
  ])('%s %s does nothing and says so in JSON', async (method, path) => {
    const { status, object } = await ask(broker, method, path);
    expect([404, 405]).toContain(status);
    expect(object).toMatchObject({ message: expect.any(String) });
  });

  test('a header that names another method changes nothing', async () => {
    const headers = { 'X-HTTP-Method-Override': 'DELETE', 'X-Method-Override': 'POST' };
    expect((await ask(broker, 'GET', 'ip', { headers })).text).toBe('127.0.0.1');
  });
});

describe('HEAD never acts', () => {
  let home: CastServer;
  beforeAll(async () => {
    home = await server(broker, 'Home');
  });

  test('a waiting link stays waiting, though GET would accept it', async () => {
    const person = await account(broker, 'head');
    const token = await device(broker, person);
    await waitingLink(broker, home, person);
    const query = { serverId: home.id, userId: person.id };
    const head = await ask(broker, 'HEAD', 'ServerAuthorizations/accept', { token, query });
    expect(head).toMatchObject({ status: 404, text: '' });
    expect((await ask(broker, 'GET', 'servers', { token })).list).toEqual([]);
    expect((await ask(broker, 'GET', 'servers', { token, query: { status: 'Waiting' } })).list).toHaveLength(
      1,
    );
  });

  test.each(ENDPOINTS)('nor does it on %s %s', async (_, path) => {
    const { status, text } = await ask(broker, 'HEAD', path);
    expect([404, 405]).toContain(status);
    expect(text).toBe('');
  });
});

describe('CORS', () => {
  const origin = { Origin: 'https://app.example.org' };

  test.each(['servers', 'Servers', 'user/authenticate', 'ServerAuthorizations', 'pin'])(
    'a pre-flight of %s allows the protocol’s methods and headers to anybody, without credentials',
    async (path) => {
      const headers = {
        ...origin,
        'Access-Control-Request-Method': 'DELETE',
        'Access-Control-Request-Headers': 'x-application,x-connect-usertoken',
      };
      const answer = await ask(broker, 'OPTIONS', path, { headers });
      expect([200, 204]).toContain(answer.status);
      expect(answer.headers['access-control-allow-origin']).toBe('*');
      expect(answer.headers['access-control-max-age']).toBe('600');
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
      expect(listed(answer.headers['access-control-allow-methods'])).toEqual([
        'delete',
        'get',
        'options',
        'post',
      ]);
      expect(listed(answer.headers['access-control-allow-headers'])).toEqual([
        'accept',
        'content-type',
        'x-application',
        'x-connect-token',
        'x-connect-usertoken',
      ]);
    },
  );

  test.each([
    ['a success', 'GET', '/service/ip'],
    ['a refusal', 'GET', '/service/servers'],
    ['an unknown path', 'GET', '/service/nothing'],
    ['a URL that is too long', 'GET', `/service/ip?${'a'.repeat(3_000)}`],
  ])('a browser may read %s', async (_, method, target) => {
    for (const headers of [origin, { Origin: 'null' }]) {
      const answer = await askAt(broker, method, target, { headers });
      expect(answer.headers['access-control-allow-origin']).toBe('*');
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  test.each(['/health/live', '/', '/nothing', '/services/ip', '/x/service/ip'])(
    '%s allows no other origin',
    async (target) => {
      const get = await askAt(broker, 'GET', target, { headers: origin });
      const asked = { ...origin, 'Access-Control-Request-Method': 'GET' };
      const preflight = await askAt(broker, 'OPTIONS', target, { headers: asked });
      for (const { headers } of [get, preflight]) {
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    },
  );
});

describe('what is too large or malformed', () => {
  test.each([
    ['announced', `Content-Length: 16385\r\n\r\n`],
    ['sent whole', `Content-Length: 20000\r\n\r\n${'a'.repeat(20_000)}`],
    ['sent in chunks', `Transfer-Encoding: chunked\r\n\r\n4e20\r\n${'a'.repeat(20_000)}\r\n`],
  ])(
    'a body over 16 KiB, %s, is answered 413 and the connection closed without waiting for the rest',
    async (_, rest) => {
      const { text, ms } = await rawly(`POST /service/pin HTTP/1.1\r\nHost: x\r\n${rest}`);
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      expect(text).toMatch(/\r\nconnection: close\r\n/i);
      expect(text).toContain('{"message":');
      // Else it would be closed after 12 s, because no request takes so long to be sent.
      expect(ms).toBeLessThan(10_000);
    },
  );

  test('a body of exactly 16 KiB is read', async () => {
    const body = `deviceId=tv&grecaptcha=${'a'.repeat(16_384)}`.slice(0, 16_384);
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await ask(broker, 'POST', 'pin', { body, headers })).status).toBe(200);
  });

  test('a URL over 2 KiB is answered 414, one of 2 KiB is read', async () => {
    const target = (length: number): string => `/service/ip?a=`.padEnd(length, 'a');
    expect((await askAt(broker, 'GET', target(2_048))).status).toBe(200);
    const { status, object } = await askAt(broker, 'GET', target(2_049));
    expect([status, object]).toEqual([414, { message: 'The URL is too long.' }]);
  });

  test('headers over 8 KiB are answered 431 in JSON', async () => {
    const { status, object } = await ask(broker, 'GET', 'ip', { headers: { 'X-Much': 'a'.repeat(8_300) } });
    expect(status).toBe(431);
    expect(object).toMatchObject({ message: expect.any(String) });
  });

  test.each([
    '/service/%zz',
    '/service/%',
    '/service/%E0%A4%A',
    '/service/user%00',
    '/service/../ip',
    '/service//ip',
  ])('the path %s is refused in JSON', async (target) => {
    const { status, object } = await askAt(broker, 'GET', target);
    expect([400, 404]).toContain(status);
    expect(object).toMatchObject({ message: expect.any(String) });
  });

  test.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an obscure transfer coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ])('ambiguous framing (%s) is answered 400 and closed (S-104)', async (_, rest) => {
    const { text } = await rawly(`POST /service/pin HTTP/1.1\r\nHost: x\r\n${rest}`);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('application/json');
  });

  test('a target in absolute form is refused: nothing is proxied (S-84)', async () => {
    const { text } = await rawly(
      'GET http://elsewhere.example/service/ip HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each([
    ['CONNECT', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n', /^$/],
    [
      'an upgrade',
      'GET /service/ip HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
      /^HTTP\/1\.1 200 /,
    ],
  ])('%s opens no tunnel', async (_, request, expected) => {
    expect((await rawly(request)).text).toMatch(expected);
  });
});

describe('headers that some clients send', () => {
  test('an unknown Authorization scheme and a media server’s token do not matter', async () => {
    const person = await account(broker, 'kodi');
    const token = await device(broker, person);
    const headers = {
      Authorization: 'Emby Client="Kodi", Device="HTPC", DeviceId="1", Version="24"',
      'X-Emby-Token': hex(),
      'X-MediaBrowser-Token': hex(),
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
    };
    const query = { userId: person.id };
    expect(await ask(broker, 'GET', 'servers', { token, headers, query })).toMatchObject({
      status: 200,
      text: '[]',
    });
    expect((await ask(broker, 'GET', 'servers', { headers, query })).status).toBe(401);
  });

  test('a device token counts in its own header alone', async () => {
    const person = await account(broker, 'bearer');
    const token = await device(broker, person);
    const elsewhere: Call[] = [
      { headers: { Authorization: `Bearer ${token}` } },
      { headers: { Cookie: `X-Connect-UserToken=${token}` } },
      { query: { 'X-Connect-UserToken': token } },
      { key: token },
    ];
    for (const call of elsewhere) expect((await ask(broker, 'GET', 'servers', call)).status).toBe(401);
  });

  test('nothing is compressed, whatever the client would take', async () => {
    const headers = { 'Accept-Encoding': 'deflate, gzip, br' };
    for (const [method, path, , call] of ENDPOINTS) {
      const answer = await ask(broker, method, path, { ...call, headers });
      expect(answer.headers['content-encoding']).toBeUndefined();
    }
  });

  test('a range of an answer is not cut out', async () => {
    const headers = { Range: 'bytes=0-1' };
    expect(await ask(broker, 'GET', 'ip', { headers })).toMatchObject({ status: 200, text: '127.0.0.1' });
  });

  test('X-Application may be missing, empty, long or strange', async () => {
    await account(broker, 'apps');
    const form = { nameOrEmail: 'apps', rawpw: PASSWORD };
    for (const app of ['', 'Theater/3.0', 'x'.repeat(4_000), 'Ünïcode/1', '\t/;"']) {
      const headers = { 'X-Application': app };
      expect((await ask(broker, 'POST', 'user/authenticate', { form, headers })).status).toBe(200);
      expect((await ask(broker, 'POST', 'pin', { form: { deviceId: 'tv' }, headers })).status).toBe(200);
    }
  });
});

function listed(header: string | undefined): string[] {
  return (header ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .sort();
}

/** Sends bytes and reads until the broker closes. */
function rawly(bytes: string): Promise<{ text: string; ms: number }> {
  const start = performance.now();
  let text = '';
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(broker.url).port), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    // The broker may close while the rest of the body is still on its way.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ text, ms: performance.now() - start }));
  });
}
