import { expect, test } from '@jest/globals';
import type * as oidc from 'openid-client';
import { Clients } from '../../src/features/oauth/index.js';
import { CookieBrowser } from '../pages/browser.js';
import { Resident } from '../pages/signed-in.js';
import { eachBroker } from '../support/broker.js';
import {
  asApp,
  asSite,
  attempt,
  codeFlow,
  follow,
  followClock,
  press,
  PUBLIC_URL,
  SITE_REDIRECT,
} from '../support/oauth.js';

const LOOPBACK = 'http://127.0.0.1:4711/callback';
const NATIVE = { redirect_uri: LOOPBACK, scope: 'servers:read' };
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

eachBroker('attacks on OAuth', { PUBLIC_URL }, (broker) => {
  followClock(broker);

  const ask = async (query: string): Promise<Response> =>
    fetch(`${broker().url}/oidc/authorize?${query}`, {
      redirect: 'manual',
      headers: { Accept: 'text/html' },
    });
  const token = (body: string | URLSearchParams, headers: Record<string, string> = FORM): Promise<Response> =>
    fetch(`${broker().url}/oidc/token`, { method: 'POST', body: String(body), headers });
  const codeOf = async (
    name: string,
  ): Promise<{ config: oidc.Configuration; back: URL; verifier: string }> => {
    const { browser } = await Resident.of(broker(), name);
    const config = await asApp(broker());
    const { url, checks } = await attempt(config, NATIVE);
    const back = await press(browser, await follow(browser, url.href), 'allow');
    return { config, back, verifier: checks.pkceCodeVerifier ?? '' };
  };
  const exchange = (back: URL, more: Record<string, string>): Promise<Response> => {
    const code = back.searchParams.get('code') ?? '';
    const usual = { grant_type: 'authorization_code', client_id: 'signpost-device', redirect_uri: LOOPBACK };
    return token(new URLSearchParams({ ...usual, code, ...more }));
  };
  const errorOf = async (answer: Response): Promise<unknown> =>
    ((await answer.json()) as { error: string }).error;

  test.each([
    'https://forum.example/auth/callback/',
    'https://forum.example/auth/callback/../../evil',
    'https://forum.example/auth/callback?next=evil',
    'https://forum.example/auth/callback#evil',
    'https://forum.example/auth/CALLBACK',
    'https://forum.example.evil.example/auth/callback',
    'https://forum.example@evil.example/auth/callback',
    'https://evil.example\\@forum.example/auth/callback',
    'https://forum.example:444/auth/callback',
    'http://forum.example/auth/callback',
    'https://forum.example/auth/callback%2f..',
    '//forum.example/auth/callback',
    'javascript:alert(1)',
  ])(
    'a site that asks for an answer at %s is told so here, and nothing is sent there',
    async (redirect_uri) => {
      const id = 'redirects';
      const known = await broker().app.get(Clients).all();
      if (!known.some((client) => client.id === id)) await asSite(broker(), id);
      const query = { client_id: id, response_type: 'code', scope: 'openid', redirect_uri };
      const pkce = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
      const answer = await ask(new URLSearchParams({ ...query, ...pkce }).toString());
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'self'.*form-action 'self';/);
      const html = await answer.text();
      expect(html).toContain('That did not work');
      expect(html).not.toMatch(/<script(?! type="module" src)/);
    },
  );

  test('an app may use any port of this machine, and nothing else of its address', async () => {
    const open = async (redirect_uri: string): Promise<number> => {
      const query = {
        client_id: 'signpost-device',
        response_type: 'code',
        scope: 'servers:read',
        redirect_uri,
      };
      const pkce = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
      return (await ask(new URLSearchParams({ ...query, ...pkce }).toString())).status;
    };
    for (const good of ['http://127.0.0.1:1/callback', 'http://[::1]:65535/callback'])
      expect(await open(good)).toBe(303);
    const bad = ['http://127.0.0.1:1/other', 'http://127.0.0.2:1/callback', 'http://localhost:1/callback'];
    const worse = [
      'http://127.0.0.1:1@evil.example/callback',
      'https://127.0.0.1:1/callback',
      'http://evil.example:1/callback',
    ];
    for (const uri of [...bad, ...worse]) expect(await open(uri)).toBe(400);
  });

  test('a code without PKCE, or with the plain method, is not given', async () => {
    const query = { client_id: 'signpost-device', response_type: 'code', ...NATIVE };
    const without = await ask(new URLSearchParams(query).toString());
    const plain = { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' };
    const weak = await ask(new URLSearchParams({ ...query, ...plain }).toString());
    for (const answer of [without, weak]) {
      const back = new URL(answer.headers.get('location') ?? '');
      expect(back.searchParams.get('error')).toBe('invalid_request');
    }
  });

  test('implicit, hybrid and posted answers are not given', async () => {
    const query = {
      client_id: 'signpost-device',
      ...NATIVE,
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    };
    for (const type of ['token', 'id_token', 'code id_token', 'none']) {
      const answer = await ask(new URLSearchParams({ ...query, response_type: type }).toString());
      const text = (answer.headers.get('location') ?? '') + (await answer.text());
      expect(text).toMatch(/unsupported_response_type|unauthorized_client|invalid_request/);
      expect(text).not.toMatch(/[?#&]code=/);
    }
    const posted = await ask(
      new URLSearchParams({ ...query, response_type: 'code', response_mode: 'form_post' }).toString(),
    );
    const shown = (posted.headers.get('location') ?? '') + (await posted.text());
    expect(shown).toContain('unsupported_response_mode');
  });

  test('a wrong or missing verifier does not open a code', async () => {
    const { back } = await codeOf('ann');
    for (const more of [{}, { code_verifier: 'y'.repeat(43) }]) {
      expect(await errorOf(await exchange(back, more))).toBe('invalid_grant');
    }
  });

  test('a code of another client, or for another address, is refused', async () => {
    const { back, verifier } = await codeOf('bob');
    const site = { id: 'mixed', name: 'Mixed', redirectUris: [SITE_REDIRECT], signOutUris: [] };
    const secret = await broker().app.get(Clients).add(site);
    const stolen = await exchange(back, {
      client_id: 'mixed',
      client_secret: secret,
      code_verifier: verifier,
    });
    expect(await errorOf(stolen)).toBe('invalid_grant');
    const elsewhere = { redirect_uri: 'http://127.0.0.1:4712/callback', code_verifier: verifier };
    expect(await errorOf(await exchange(back, elsewhere))).toBe('invalid_grant');
    expect((await exchange(back, { code_verifier: verifier })).status).toBe(200);
  });

  test('a code that is a minute old is over', async () => {
    const { back, verifier } = await codeOf('carl');
    broker().clock.advance(61_000);
    expect(await errorOf(await exchange(back, { code_verifier: verifier }))).toBe('invalid_grant');
  });

  test('a site proves itself with its secret and nothing else', async () => {
    const site = { id: 'proof', name: 'Proof', redirectUris: [SITE_REDIRECT], signOutUris: [] };
    const secret = await broker().app.get(Clients).add(site);
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: 'proof' });
    const withSecret = (given: string): URLSearchParams =>
      new URLSearchParams([...body, ['client_secret', given]]);
    expect(await errorOf(await token(withSecret(secret)))).toBe('invalid_grant');
    const wrong = [secret.toUpperCase(), secret.slice(1), `${secret}0`, 'x'];
    for (const given of wrong) expect((await token(withSecret(given))).status).toBe(401);
    expect((await token(body)).status).toBe(401);
    const basic = Buffer.from(`proof:${secret}`).toString('base64');
    const plain = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' });
    expect(await errorOf(await token(plain, { ...FORM, Authorization: `Basic ${basic}` }))).toBe(
      'invalid_grant',
    );
  });

  test('the password grant and client credentials do not exist', async () => {
    for (const grant_type of [
      'password',
      'client_credentials',
      'implicit',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ]) {
      const body = new URLSearchParams({
        grant_type,
        client_id: 'signpost-device',
        username: 'ann',
        password: 'x',
      });
      expect(await errorOf(await token(body))).toBe('unsupported_grant_type');
    }
  });

  test('a token for somewhere else is not made', async () => {
    const { browser } = await Resident.of(broker(), 'dora');
    const config = await asApp(broker());
    const { url } = await attempt(config, { ...NATIVE, resource: 'https://elsewhere.example/' });
    const answer = await follow(browser, url.href);
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_target');
  });

  test('userinfo refuses tokens for the API, and anything made up', async () => {
    const { browser } = await Resident.of(broker(), 'emil');
    const config = await asApp(broker());
    const { access_token } = await codeFlow(config, browser, { ...NATIVE, scope: 'openid servers:read' });
    const [head, body, signature] = access_token.split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${body}.`;
    for (const bearer of [access_token, none, `${head}.${body}.${signature?.slice(1)}`, 'x', '\u00ff', '']) {
      const answer = await fetch(`${broker().url}/oidc/userinfo`, {
        headers: { Authorization: `Bearer ${bearer}` },
      });
      expect([400, 401]).toContain(answer.status);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
    }
    const inQuery = await fetch(`${broker().url}/oidc/userinfo?access_token=${access_token}`);
    expect(inQuery.status).toBe(400);
  });

  test('nothing that is sent makes the broker fail', async () => {
    const long = 'x'.repeat(12_000);
    const bodies = [
      '',
      'grant_type=refresh_token&grant_type=refresh_token&client_id=signpost-device',
      'grant_type=refresh_token&refresh_token=a&refresh_token=b&client_id=signpost-device',
      'grant_type=refresh_token&refresh_token=%00&client_id=signpost-device',
      'grant_type=authorization_code&code=%00&redirect_uri=%00&code_verifier=%00&client_id=signpost-device',
      `grant_type=refresh_token&refresh_token=${long}&client_id=signpost-device`,
      `grant_type=refresh_token&refresh_token=x&client_id=${long}`,
      'grant_type=refresh_token&refresh_token=x&client_id=%00',
      'grant_type[]=x&__proto__=y&constructor=z&client_id=signpost-device',
      'client_id=signpost-device&client_id=forum&grant_type=refresh_token',
      '%',
      '\u0000\u0001',
      'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=signpost-device',
    ];
    for (const path of ['token', 'revoke', 'device-authorization', 'userinfo', 'end-session/confirm']) {
      for (const body of bodies) {
        const answer = await fetch(`${broker().url}/oidc/${path}`, { method: 'POST', body, headers: FORM });
        expect([path, body.slice(0, 60), answer.status]).toEqual([
          path,
          body.slice(0, 60),
          expect.any(Number),
        ]);
        // A device code of a request that says enough is given.
        expect(answer.status).toBeLessThan(500);
      }
      const json = { 'Content-Type': 'application/json' };
      expect(
        (await fetch(`${broker().url}/oidc/${path}`, { method: 'POST', body: '{"a":1}', headers: json }))
          .status,
      ).toBe(400);
      const large = { method: 'POST', body: 'x'.repeat(17_000), headers: FORM };
      expect((await fetch(`${broker().url}/oidc/${path}`, large)).status).toBe(413);
      const packed = { method: 'POST', body: 'x', headers: { ...FORM, 'Content-Encoding': 'gzip' } };
      expect((await fetch(`${broker().url}/oidc/${path}`, packed)).status).toBe(415);
    }
    const queries = [
      '',
      'client_id=%00',
      'client_id=a&client_id=b',
      `client_id=${'x'.repeat(1_500)}`,
      'scope=%FF&client_id=signpost-device',
      'client_id=signpost-device&max_age=-1&scope=openid&response_type=code',
      'claims=%7B&client_id=signpost-device',
      'prompt=none%20login&client_id=signpost-device&response_type=code&scope=openid',
    ];
    for (const path of [
      'authorize',
      'authorize/nothing',
      'authorize/%00',
      'end-session',
      'end-session/success',
    ]) {
      for (const query of queries) {
        const answer = await fetch(`${broker().url}/oidc/${path}?${query}`, { redirect: 'manual' });
        expect([path, query, answer.status < 500]).toEqual([path, query, true]);
      }
    }
    expect(broker().log.lines.filter(({ message }) => message === 'request failed')).toEqual([]);
  });

  test('endpoints that nobody needs do not exist', async () => {
    for (const path of [
      'unused',
      'reg',
      'request',
      'backchannel',
      'challenge',
      'token/introspection',
      'device',
      'interaction/x',
    ]) {
      for (const method of ['GET', 'POST']) {
        expect((await fetch(`${broker().url}/oidc/${path}`, { method })).status).toBe(404);
      }
    }
  });

  test('links are built from PUBLIC_URL, whatever the request says (S-35)', async () => {
    const headers = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' };
    const paths = [
      'oidc/.well-known/openid-configuration',
      '.well-known/openid-configuration',
      '.well-known/oauth-authorization-server',
    ];
    for (const path of paths) {
      const answer = await fetch(`${broker().url}/${path}`, { headers });
      expect(answer.headers.get('cache-control')).toBe('public, max-age=900');
      const text = await answer.text();
      expect(text).not.toContain('evil.example');
      expect(JSON.parse(text)).toMatchObject({
        issuer: `${PUBLIC_URL}/oidc`,
        authorization_endpoint: `${PUBLIC_URL}/oidc/authorize`,
        response_types_supported: ['code'],
        response_modes_supported: ['query', 'fragment'],
        code_challenge_methods_supported: ['S256'],
        id_token_signing_alg_values_supported: ['RS256'],
        grant_types_supported: [
          'authorization_code',
          'refresh_token',
          'urn:ietf:params:oauth:grant-type:device_code',
        ],
      });
    }
  });

  test('browsers of other sites may read what is public, and no more (S-112)', async () => {
    const from = { Origin: 'https://elsewhere.example' };
    const preflight = { ...from, 'Access-Control-Request-Method': 'POST' };
    const asked = await fetch(`${broker().url}/oidc/token`, { method: 'OPTIONS', headers: preflight });
    expect([asked.status, asked.headers.get('access-control-allow-credentials')]).toEqual([204, null]);
    const keys = await fetch(`${broker().url}/oidc/jwks`, { headers: from });
    expect(keys.headers.get('access-control-allow-origin')).toBe('https://elsewhere.example');
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: 'signpost-device',
    });
    const refused = await token(body, { ...FORM, ...from });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([400, null]);
    for (const path of ['authorize', 'end-session']) {
      const page = await fetch(`${broker().url}/oidc/${path}`, { headers: from });
      expect(page.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('published keys have no private half', async () => {
    const answer = await fetch(`${broker().url}/oidc/jwks`);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=900');
    const { keys } = (await answer.json()) as { keys: Record<string, string>[] };
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'RS256']);
    for (const key of keys) {
      for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(part);
    }
  });

  test('a consent form needs its token, and belongs to one person', async () => {
    const [fay, gus] = [await Resident.of(broker(), 'fay'), await Resident.of(broker(), 'gus')];
    const { url } = await attempt(await asApp(broker()), NATIVE);
    const page = await follow(fay.browser, url.href);
    const path = /action="(\/allow\/[^"]+)"/.exec(page.html)?.[1] ?? '';
    expect((await fay.browser.submit(path, { answer: 'allow' })).status).toBe(403);
    expect((await gus.send(path, { answer: 'allow' })).status).toBe(410);
    expect((await new CookieBrowser(broker()).open(path)).status).toBe(410);
  });
});

eachBroker(
  'the limits of OAuth',
  { PUBLIC_URL, LIMITS: 'on', LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE: '5' },
  (broker) => {
    test('count strangers per network', async () => {
      const call = (): Promise<Response> => fetch(`${broker().url}/oidc/jwks`);
      for (let calls = 0; calls < 5; calls += 1) expect((await call()).status).toBe(200);
      const answer = await call();
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toEqual({ error: 'temporarily_unavailable' });
    });
  },
);
