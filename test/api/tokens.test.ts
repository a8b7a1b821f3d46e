import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import type { Account } from '../../src/features/accounts/index.js';
import { AppSignIns } from '../../src/features/oauth/index.js';
import { SigningKeys } from '../../src/platform/crypto/signing-keys.js';
import { account, device, disable, hex, server } from '../connect/cast.js';
import { TestBroker } from '../support/broker.js';
import { claimsOf } from '../support/app-tokens.js';
import { jwt, signIn, signed, type Claims } from './app-token.js';
import { api, problemIn } from './ask-api.js';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('access tokens', () => {
  let broker: TestBroker;
  let maria: Account;
  let signInId = '';
  /** Right claims, with changes. */
  const claims = (changes: Claims = {}): Claims =>
    claimsOf(broker, maria.id, { sign_in: signInId, scope: 'servers:read', ...changes });
  const ask = (bearer: string): ReturnType<typeof api> => api(broker, 'GET', 'servers', { bearer });

  beforeAll(async () => {
    broker = await TestBroker.start();
    maria = await account(broker, 'maria');
    ({ signInId } = await signIn(broker, maria));
  });
  afterAll(() => broker.remove());

  async function expectRefused(bearer: string): Promise<void> {
    const answer = await ask(bearer);
    expect(problemIn(answer)).toMatchObject({ status: 401, code: 'token-invalid' });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="signpost", error="invalid_token"');
    expect(answer.text).not.toContain(bearer);
  }

  test('that are right let in, again and again', async () => {
    const bearer = jwt(broker, claims());
    expect((await ask(bearer)).status).toBe(200);
    expect((await ask(bearer)).status).toBe(200);
  });

  test.each<[string, Claims]>([
    ['another issuer', { iss: 'https://elsewhere.example.org/oidc' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'https://elsewhere.example.org/api/v1' }],
    ['no audience', { aud: undefined }],
    ['no subject', { sub: undefined }],
    ['another subject', { sub: '4711' }],
    ['a subject that is no text', { sub: 4711 }],
    ['no expiry', { exp: undefined }],
    ['an expiry that is text', { exp: '99999999999' }],
    ['no sign-in', { sign_in: undefined }],
    ['a sign-in of nobody', { sign_in: '0'.repeat(32) }],
    ['another client', { client_id: 'somebody-else' }],
    ['no scope', { scope: undefined }],
  ])('with %s are refused', (_, changes) => expectRefused(jwt(broker, claims(changes))));

  test('for us and for others are refused', async () => {
    const { aud } = claims();
    await expectRefused(jwt(broker, claims({ aud: [aud, 'https://elsewhere.example.org'] })));
  });

  test.each([
    ['let in up to their last second', -899, 1, 200],
    ['refused from their end on, without any leeway', -900, 0, 401],
    ['let in when their node’s clock was half a minute ahead', 30, 930, 200],
    ['refused when they come from further ahead (R-27)', 31, 931, 401],
  ])('are %s', async (_, fromNow, until, status) => {
    const now = Math.floor(broker.clock.now() / 1_000);
    const bearer = jwt(broker, claims({ iat: now + fromNow, exp: now + until }));
    if (status === 401) await expectRefused(bearer);
    else expect((await ask(bearer)).status).toBe(status);
  });

  test('that have expired are not valid again when the clock is set back an hour (R-27)', async () => {
    const bearer = jwt(broker, claims());
    expect((await ask(bearer)).status).toBe(200);
    broker.clock.advance(15 * 60_000);
    await expectRefused(bearer);
    broker.clock.advance(-60 * 60_000);
    await expectRefused(bearer);
    expect((await ask(jwt(broker, claims()))).status).toBe(200);
    broker.clock.advance(45 * 60_000);
  });

  test('that are not to be used yet are refused', async () => {
    await expectRefused(jwt(broker, claims({ nbf: Math.floor(broker.clock.now() / 1_000) + 120 })));
  });

  test('that were remembered expire all the same', async () => {
    const bearer = jwt(broker, claims());
    expect((await ask(bearer)).status).toBe(200);
    broker.clock.advance(17 * 60_000);
    await expectRefused(bearer);
  });

  test.each<[string, object]>([
    ['no typ', { typ: undefined }],
    ['the typ of an ID token', { typ: 'JWT' }],
    ['no kid', { kid: undefined }],
    ['a kid of nobody', { kid: 'es256-0000000000000000' }],
    ['a kid that is a path', { kid: '../../keyring.json' }],
    ['a kid that is no text', { kid: { $ne: null } }],
    ['crit', { crit: ['exp'] }],
    ['an unknown crit', { crit: ['x'], x: 1 }],
    ['jku', { jku: 'https://elsewhere.example.org/jwks' }],
    ['x5u', { x5u: 'https://elsewhere.example.org/cert' }],
    ['b64', { b64: false }],
    ['alg RS256 for a key of ES256', { alg: 'RS256' }],
    ['alg in lower case', { alg: 'es256' }],
  ])('whose header has %s are refused (S-56)', (_, header) => expectRefused(jwt(broker, claims(), header)));

  test('that bring their own key are refused', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = pair.publicKey.export({ format: 'jwk' });
    await expectRefused(jwt(broker, claims(), { jwk }, pair.privateKey));
    await expectRefused(jwt(broker, claims(), {}, pair.privateKey));
  });

  test.each(['none', 'None', 'nOnE', ''])('of alg %j are refused', async (alg) => {
    const { id } = broker.app.get(SigningKeys).active('ES256');
    const head = part({ alg, typ: 'at+jwt', kid: id });
    await expectRefused(`${head}.${part(claims())}.`);
    await expectRefused(`${head}.${part(claims())}.AA`);
  });

  test('signed by HMAC with our public key as the secret are refused', async () => {
    const { id, publicKey } = broker.app.get(SigningKeys).active('ES256');
    for (const secret of [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
    ]) {
      const text = `${part({ alg: 'HS256', typ: 'at+jwt', kid: id })}.${part(claims())}`;
      await expectRefused(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`);
    }
  });

  test('signed by our key for ID tokens are refused', async () => {
    const { id, privateKey } = broker.app.get(SigningKeys).active('RS256');
    await expectRefused(signed({ alg: 'RS256', typ: 'at+jwt', kid: id }, claims(), privateKey));
    await expectRefused(signed({ alg: 'ES256', typ: 'at+jwt', kid: id }, claims(), privateKey));
  });

  test('whose signature was changed, or is that of another token, are refused', async () => {
    const bearer = jwt(broker, claims());
    const [head = '', body = '', signature = ''] = bearer.split('.');
    const other = jwt(broker, claims({ scope: 'servers:read links:manage' })).split('.')[1] ?? '';
    await expectRefused(`${head}.${other}.${signature}`);
    await expectRefused(`${head}.${body}.${signature.slice(0, -4)}AAAA`);
    await expectRefused(`${head}.${body}.${signature.slice(0, 20)}`);
  });

  test.each(['', 'x', 'a.b', 'a.b.c.d', `${'a'.repeat(4_000)}.b.c`, 'a b c', 'ä.b.c', '..', '{}.{}.{}'])(
    'that are none (%#) are refused',
    async (bearer) => {
      const answer = await api(broker, 'GET', 'servers', {
        headers: { Authorization: `Bearer ${encodeURI(bearer)}` },
      });
      expect(problemIn(answer)).toMatchObject({ status: 401, code: 'token-invalid' });
    },
  );

  test('end with their sign-in, with its account, and never let in others', async () => {
    const nora = await account(broker, 'nora');
    const { token, signInId: id } = await signIn(broker, nora);
    expect((await ask(token)).status).toBe(200);
    await broker.app.get(AppSignIns).end(id, nora.id);
    await expectRefused(token);
    const second = await signIn(broker, nora);
    await disable(broker, nora.id);
    await expectRefused(second.token);
  });

  test('do not cover what the person did not allow', async () => {
    const { token: bearer } = await signIn(broker, maria, ['servers:read']);
    const answer = await api(broker, 'DELETE', `links/${hex()}`, { bearer });
    expect(problemIn(answer)).toMatchObject({ status: 403, code: 'scope-missing' });
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="signpost", error="insufficient_scope", scope="links:manage"',
    );
  });

  test.each(['query', 'body', 'cookie', 'x-connect-usertoken', 'x-connect-token', 'basic'])(
    'count in the Authorization header alone, not as %s (S-16)',
    async (place) => {
      const bearer = jwt(broker, claims());
      const calls: Record<string, object> = {
        query: {},
        body: { form: { access_token: bearer } },
        cookie: { headers: { Cookie: `sid=${bearer}; access_token=${bearer}` } },
        'x-connect-usertoken': { token: bearer },
        'x-connect-token': { key: bearer },
        basic: { headers: { Authorization: `Basic ${Buffer.from(`${bearer}:`).toString('base64')}` } },
      };
      const path = place === 'query' ? `servers?access_token=${bearer}` : 'servers';
      const answer = await api(broker, 'GET', path, calls[place]);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="signpost"/);
    },
  );

  test('beside one in the query are refused: nobody is to get used to it', async () => {
    const bearer = jwt(broker, claims());
    const answer = await api(broker, 'GET', `servers?access_token=${bearer}`, { bearer });
    expect(problemIn(answer)).toMatchObject({
      code: 'invalid-request',
      errors: [{ parameter: 'access_token' }],
    });
  });

  test('are not replaced by credentials of the wire protocol in their place', async () => {
    await expectRefused(await device(broker, maria));
    await expectRefused((await server(broker, 'Den')).key);
  });
});

describe('limits of the API', () => {
  test('count per app and per network, and never the end of a sign-in', async () => {
    const broker = await TestBroker.start({
      LIMITS: 'on',
      LIMIT_API_REQUESTS_PER_APP_MINUTE: '2',
      LIMIT_API_REQUESTS_PER_NETWORK_MINUTE: '8',
    });
    try {
      const { token: bearer } = await signIn(broker, await account(broker, 'maria'));
      const { token: other } = await signIn(broker, await account(broker, 'nora'));
      const ask = (token: string): ReturnType<typeof api> => api(broker, 'GET', 'profile', { bearer: token });
      expect([(await ask(bearer)).status, (await ask(bearer)).status]).toEqual([200, 200]);
      const refused = await ask(bearer);
      expect(problemIn(refused)).toMatchObject({ status: 429, code: 'too-many' });
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
      expect((await ask(other)).status).toBe(200);
      expect((await api(broker, 'DELETE', 'sign-ins/current', { bearer })).status).toBe(204);
      for (let i = 0; i < 4; i += 1) expect((await ask('a.b.c')).status).toBe(401);
      expect(problemIn(await ask('a.b.c'))).toMatchObject({ status: 429, code: 'too-many' });
      expect((await ask(other)).status).toBe(429);
      const end = (token: string): ReturnType<typeof api> =>
        api(broker, 'DELETE', 'sign-ins/current', { bearer: token });
      expect((await end(other)).status).toBe(204);
      for (let i = 0; i < 6; i += 1) expect((await end('a.b.c')).status).toBe(401);
      expect(problemIn(await end('a.b.c'))).toMatchObject({ status: 429, code: 'too-many' });
    } finally {
      await broker.remove();
    }
  });

  test('count whoever holds a whole IPv6 /48 together as well (S-21)', async () => {
    const broker = await TestBroker.start({
      LIMITS: 'on',
      TRUST_PROXY: '127.0.0.0/8',
      LIMIT_API_REQUESTS_PER_NETWORK_MINUTE: '2',
    });
    try {
      const statuses: number[] = [];
      for (let subnet = 0; subnet < 10; subnet += 1) {
        const from = `2001:db8:77:${subnet}::1`;
        statuses.push((await api(broker, 'GET', 'profile', { bearer: 'a.b.c', from })).status);
      }
      expect(statuses).toEqual([...Array<number>(8).fill(401), 429, 429]);
    } finally {
      await broker.remove();
    }
  });
});
