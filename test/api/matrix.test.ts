import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { account, device, server } from '../connect/cast.js';
import { ask, askAt, type Call } from '../connect/ask.js';
import { TestBroker } from '../support/broker.js';
import { signIn } from './app-token.js';
import { api, problemIn } from './ask-api.js';

interface OperationJson {
  readonly security?: readonly { readonly oauth: readonly string[] }[];
}

const { paths } = JSON.parse(readFileSync(inCheckout('docs/openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, OperationJson>>;
};

/** Method, path, scopes of which one is needed; null: open to everybody. */
const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, { security }]): [string, string, string[] | null] => [
    method.toUpperCase(),
    path.replace('/api/v1/', '').replace('{id}', '0'.repeat(32)),
    security === undefined ? null : security.flatMap(({ oauth }) => oauth),
  ]),
);
const guarded = operations.filter(([, , scopes]) => scopes !== null);
const scoped = guarded.filter(([, , scopes]) => scopes?.length !== 0);

const ALL = [
  'servers:read',
  'links:manage',
  'sign-ins:manage',
  'profile',
  'email',
  'openid',
  'offline_access',
];

describe('every operation × every kind of credential (S-60)', () => {
  let broker: TestBroker;
  const credentials: Record<string, Call> = {};
  let deviceToken = '';
  let serverKey = '';
  let cookie = '';
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    broker = await TestBroker.start();
    const maria = await account(broker, 'maria');
    deviceToken = await device(broker, maria);
    serverKey = (await server(broker, 'Den')).key;
    const session = { browser: 'Firefox', network: '127.0.0.1', persistent: false };
    cookie = await broker.app.get(WebSessionsService).signIn(maria, session);
    for (const scope of ALL) {
      const others = ALL.filter((one) => one !== scope);
      tokens.set(scope, (await signIn(broker, maria, [scope])).token);
      tokens.set(`all but ${scope}`, (await signIn(broker, maria, others)).token);
    }
    Object.assign(credentials, {
      nothing: {},
      'a device token': { token: deviceToken },
      'a device token as bearer': { headers: { Authorization: `Bearer ${deviceToken}` } },
      'a server key': { key: serverKey },
      'a server key as bearer': { headers: { Authorization: `Bearer ${serverKey}` } },
      'a cookie of the pages': { headers: { Cookie: `sid=${cookie}; __Host-sid=${cookie}` } },
      'a cookie as bearer': { headers: { Authorization: `Bearer ${cookie}` } },
      'an app token as a device token': { token: tokens.get('servers:read') },
      'a refresh token': { headers: { Authorization: 'Bearer bmV2ZXIgYSBKV1QsIG5ldmVyIGdvb2QgaGVyZQ' } },
    });
  });
  afterAll(() => broker.remove());

  test.each(guarded)('%s %s lets in apps alone', async (method, path) => {
    expect(Object.keys(credentials)).toHaveLength(9);
    for (const [name, call] of Object.entries(credentials)) {
      const answer = await api(broker, method, path, call);
      const { status, code } = problemIn(answer);
      const hasBearer = call.headers?.['Authorization'] !== undefined;
      expect({ name, status, code }).toEqual({
        name,
        status: 401,
        code: hasBearer ? 'token-invalid' : 'token-missing',
      });
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    }
  });

  test.each(scoped)('%s %s lets in by one of %j, and by no other', async (method, path, scopes) => {
    for (const scope of ALL) {
      // A stream would not end.
      if (path === 'servers/events' && scopes?.includes(scope)) continue;
      const { status } = await api(broker, method, path, { bearer: tokens.get(scope) ?? '' });
      expect({ scope, isLetIn: status !== 403 }).toEqual({ scope, isLetIn: scopes?.includes(scope) });
    }
  });

  test.each(operations.filter(([, , scopes]) => scopes === null))('%s %s is open', async (method, path) => {
    expect((await api(broker, method, path)).status).toBe(200);
  });

  test('an app token opens nothing else', async () => {
    const bearer = tokens.get('all but email') ?? '';
    const headers = { Authorization: `Bearer ${bearer}` };
    expect((await ask(broker, 'GET', 'servers', { headers })).status).toBe(401);
    expect((await ask(broker, 'GET', 'servers', { token: bearer })).status).toBe(401);
    expect((await ask(broker, 'GET', 'ServerAuthorizations', { key: bearer })).status).toBe(401);
    const page = await askAt(broker, 'GET', '/devices', { headers: { ...headers, Cookie: `sid=${bearer}` } });
    expect([page.status, page.headers.location]).toEqual([303, expect.stringMatching(/^\/sign-in/)]);
  });

  test('every origin may call, without credentials; no page of ours may be called so (S-112)', async () => {
    const headers = { Origin: 'null', 'Access-Control-Request-Method': 'GET' };
    const preflight = await api(broker, 'OPTIONS', 'servers', {
      headers: { ...headers, 'Access-Control-Request-Headers': 'authorization,if-none-match' },
    });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, '*']);
    expect(preflight.headers['access-control-allow-headers']).toMatch(/Authorization/);
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined();
    const refused = await api(broker, 'GET', 'servers', { headers });
    expect(refused.headers['access-control-allow-origin']).toBe('*');
    const page = await askAt(broker, 'GET', '/sign-in', { headers });
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each<[string, string, Call, number, string]>([
    ['GET', 'nothing', {}, 404, 'not-found'],
    ['GET', '%zz', {}, 400, 'malformed-request'],
    ['GET', `servers?x=${'y'.repeat(2_100)}`, {}, 414, 'url-too-long'],
    ['GET', 'servers', { headers: { Host: 'evil.example.org' } }, 421, 'unknown-name'],
    ['PATCH', 'servers', {}, 405, 'method-not-allowed'],
    ['PUT', 'SERVERS/', {}, 405, 'method-not-allowed'],
  ])('%s %s (%j) is a problem as well', async (...given) => {
    const [method, path, call, status, code] = given;
    const answer = await api(broker, method, path, call);
    const instance = expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) as unknown;
    expect(problemIn(answer)).toMatchObject({ status, code, instance });
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  test('a body that is too large is a problem, and the connection is closed (S-120)', async () => {
    const bearer = tokens.get('links:manage') ?? '';
    const path = `invitations/${'0'.repeat(32)}/decline`;
    const answer = await api(broker, 'POST', path, { bearer, json: { block: 'x'.repeat(17_000) } });
    expect(problemIn(answer)).toMatchObject({ status: 413, code: 'body-too-large' });
    expect(answer.headers.connection).toBe('close');
  });
});
