import { describe, expect, jest, test } from '@jest/globals';
import * as oidc from 'openid-client';
import { AccessTokens, AppSignIns, type AccessTokenClaims } from '../../src/features/oauth/index.js';
import { eachBroker } from '../support/broker.js';
import {
  asApp,
  asSite,
  attempt,
  codeFlow,
  follow,
  followClock,
  leaving,
  press,
  PUBLIC_URL,
  SITE_REDIRECT,
} from '../support/oauth.js';
import { CookieBrowser } from '../pages/browser.js';
import { PASSWORD, Resident } from '../pages/signed-in.js';
import type { AccountId } from '../../src/shared/ids.js';
import { decodeJwt, decodeProtectedHeader } from 'jose';

const MINUTE = 60_000;

const CLAIMED = 'https://theater.example/app/callback';

eachBroker('the code flow', { PUBLIC_URL, APP_REDIRECT_URIS: CLAIMED }, (broker) => {
  followClock(broker);
  const resident = (name: string): Promise<Resident> => Resident.of(broker(), name);
  const loopback = 'http://127.0.0.1:51234/callback';
  const native = { redirect_uri: loopback, scope: 'servers:read' };

  test('an app gets tokens for the API that the API accepts', async () => {
    const ann = await resident('ann');
    const app = await asApp(broker());
    const tokens = await codeFlow(app, ann.browser, {
      redirect_uri: loopback,
      scope: 'openid servers:read',
      device_name: "Ann's laptop",
      app_name: 'Theater',
    });
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'servers:read' });
    expect(tokens.refresh_token).toEqual(expect.any(String));
    expect(tokens.claims()).toMatchObject({ sub: ann.person.id, iss: `${PUBLIC_URL}/oidc` });
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const claims = decodeJwt<AccessTokenClaims>(tokens.access_token);
    expect(claims).toMatchObject({
      iss: `${PUBLIC_URL}/oidc`,
      aud: `${PUBLIC_URL}/api/v1`,
      sub: ann.person.id,
      client_id: 'signpost-device',
      scope: 'servers:read',
    });
    const accepted = await broker().app.get(AccessTokens).accept(claims);
    expect(accepted).toMatchObject({ account: { userName: 'ann' }, scopes: new Set(['servers:read']) });
    const [signIn] = await broker()
      .app.get(AppSignIns)
      .of(ann.person.id as AccountId);
    expect(signIn).toMatchObject({ appName: 'Theater', deviceName: "Ann's laptop", id: claims.sign_in });
  });

  test('an access token lives a quarter of an hour by the broker’s clock', async () => {
    const { browser } = await resident('quarter');
    const { access_token } = await codeFlow(await asApp(broker()), browser, native);
    const claims = decodeJwt<AccessTokenClaims>(access_token);
    expect(claims.exp - claims.iat).toBe(900);
    const holds = async (): Promise<boolean> =>
      (await broker().app.get(AccessTokens).accept(claims)) !== null;
    broker().clock.advance(900_000 - 1_000);
    expect(await holds()).toBe(true);
    broker().clock.advance(1_000);
    expect(await holds()).toBe(false);
  });

  test.each([-5, 5])(
    'a machine whose clock is %d minutes off issues such tokens all the same',
    async (off) => {
      const { browser } = await resident(off < 0 ? 'late' : 'early');
      const config = await asApp(broker());
      const machine = jest.spyOn(Date, 'now').mockImplementation(() => broker().clock.now() + off * 60_000);
      try {
        const { access_token } = await codeFlow(config, browser, native);
        const { iat, exp } = decodeJwt<AccessTokenClaims>(access_token);
        expect([iat, exp - iat]).toEqual([Math.floor(broker().clock.now() / 1_000), 900]);
      } finally {
        machine.mockImplementation(() => broker().clock.now());
      }
    },
  );

  test('a site learns who somebody is, by ID token and by userinfo', async () => {
    const bob = await resident('bob');
    const site = await asSite(broker(), 'who');
    const tokens = await codeFlow(site, bob.browser, {
      redirect_uri: SITE_REDIRECT,
      scope: 'openid profile email',
    });
    const who = {
      sub: bob.person.id,
      preferred_username: 'bob',
      email: 'bob@example.org',
      email_verified: true,
    };
    expect(tokens.claims()).toMatchObject({ ...who, auth_time: expect.any(Number) });
    expect(decodeProtectedHeader(tokens.id_token ?? '')).toMatchObject({ alg: 'RS256' });
    expect(tokens.refresh_token).toBeUndefined();
    expect(await oidc.fetchUserInfo(site, tokens.access_token, bob.person.id)).toMatchObject(who);
  });

  describe('without PKCE', () => {
    const wanted = { redirect_uri: SITE_REDIRECT, scope: 'openid', response_type: 'code' };
    const back = async (name: string, query: Record<string, string>): Promise<URLSearchParams> => {
      const { browser } = await resident(`${name}-reader`);
      const config = await asSite(broker(), name, { withoutPkce: name.startsWith('old') });
      const url = oidc.buildAuthorizationUrl(config, { ...wanted, ...query });
      url.searchParams.delete('code_challenge');
      const page = await follow(browser, url.href);
      return (page.status === 303 ? leaving(page) : await press(browser, page, 'allow')).searchParams;
    };

    test('a site gets a code only if the operator has said so, and only with a state or a nonce', async () => {
      const state = { state: 'a-random-state' };
      expect((await back('new-forum', state)).get('error')).toBe('invalid_request');
      for (const [at, query] of [{}, { state: 'short' }].entries())
        expect((await back(`old-forum-${at}`, query)).get('error')).toBe('invalid_request');
      for (const [at, query] of [state, { nonce: 'a-random-nonce' }].entries())
        expect((await back(`old-board-${at}`, query)).get('code')).toEqual(expect.any(String));
    });

    test('such a site may use PKCE all the same, and then must; a verifier without a challenge opens nothing', async () => {
      const { browser } = await resident('old-wiki-reader');
      const config = await asSite(broker(), 'old-wiki', { withoutPkce: true });
      const { url, checks } = await attempt(config, { redirect_uri: SITE_REDIRECT, scope: 'openid' });
      const { pkceCodeVerifier = '', ...others } = checks;
      const answer = await press(browser, await follow(browser, url.href), 'allow');
      await expect(oidc.authorizationCodeGrant(config, answer, others)).rejects.toMatchObject({
        error: 'invalid_grant',
      });
      url.searchParams.delete('code_challenge');
      url.searchParams.delete('code_challenge_method');
      const bare = leaving(await follow(browser, url.href));
      const downgraded = { ...others, pkceCodeVerifier };
      await expect(oidc.authorizationCodeGrant(config, bare, downgraded)).rejects.toMatchObject({
        error: 'invalid_grant',
      });
      const again = leaving(await follow(browser, url.href));
      expect(await oidc.authorizationCodeGrant(config, again, others)).toHaveProperty('id_token');
    });

    test('no app gets a code', async () => {
      const { browser } = await resident('app-reader');
      const url = oidc.buildAuthorizationUrl(await asApp(broker()), {
        ...native,
        response_type: 'code',
        state: 'a-random-state',
      });
      expect(leaving(await follow(browser, url.href)).searchParams.get('error')).toBe('invalid_request');
    });
  });

  test('every answer names its issuer, so that nobody who knows several mixes them up (RFC 9207)', async () => {
    const { browser } = await resident('mixer');
    const config = await asApp(broker());
    expect(config.serverMetadata().authorization_response_iss_parameter_supported).toBe(true);
    const { url, checks } = await attempt(config, native);
    const page = await follow(browser, url.href);
    const denied = await press(browser, page, 'deny');
    const back = await press(browser, await follow(browser, url.href), 'allow');
    url.searchParams.set('prompt', 'none');
    const refused = leaving(await follow(browser, url.href));
    for (const answer of [back, denied, refused])
      expect(answer.searchParams.get('iss')).toBe(`${PUBLIC_URL}/oidc`);
    back.searchParams.set('iss', 'https://evil.example/oidc');
    await expect(oidc.authorizationCodeGrant(config, back, checks)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('"iss"') },
    });
  });

  test('an app may use an https address that the operator names, letter by letter (RFC 8252, 7.2)', async () => {
    const { browser } = await resident('claimer');
    const config = await asApp(broker());
    const tokens = await codeFlow(config, browser, { ...native, redirect_uri: CLAIMED });
    expect(tokens.access_token).toEqual(expect.any(String));
    const strange = [
      `${CLAIMED}/`,
      `${CLAIMED}?x=1`,
      CLAIMED.replace('https', 'http'),
      'https://theater.example:444/app/callback',
    ];
    for (const redirect_uri of strange) {
      const { url } = await attempt(config, { ...native, redirect_uri });
      const answer = await follow(browser, url.href);
      expect([redirect_uri, answer.status, answer.headers.get('location')]).toEqual([
        redirect_uri,
        400,
        null,
      ]);
    }
  });

  test('a site asks once; an app asks each time', async () => {
    const carl = await resident('carl');
    const site = await asSite(broker(), 'once');
    const wanted = { redirect_uri: SITE_REDIRECT, scope: 'openid profile' };
    await codeFlow(site, carl.browser, wanted);
    const again = await attempt(site, wanted);
    expect(leaving(await follow(carl.browser, again.url.href)).searchParams.get('code')).toEqual(
      expect.any(String),
    );
    const more = await attempt(site, { ...wanted, scope: 'openid profile email' });
    expect((await follow(carl.browser, more.url.href)).heading).toBe('Let Forum once in?');
    const app = await asApp(broker());
    const ask = { redirect_uri: loopback, scope: 'servers:read' };
    await codeFlow(app, carl.browser, ask);
    expect((await follow(carl.browser, (await attempt(app, ask)).url.href)).heading).toBe('Let App in?');
    expect(
      await broker()
        .app.get(AppSignIns)
        .of(carl.person.id as AccountId),
    ).toHaveLength(2);
  });

  test('the page says who asks, what for, and where the answer goes; its policy names no other address', async () => {
    const { browser } = await resident('dora');
    const site = await asSite(broker(), 'page');
    const { url } = await attempt(site, { redirect_uri: SITE_REDIRECT, scope: 'openid email' });
    const page = await follow(browser, url.href);
    expect(page.heading).toBe('Let Forum page in?');
    expect(page.text).toContain('forum.example');
    expect(page.text).toContain('see your e-mail address');
    expect(page.html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toMatch(
      /form-action 'self' https:\/\/forum\.example;/,
    );
  });

  test('somebody who says no sends the site away with that', async () => {
    const { browser } = await resident('emil');
    const site = await asSite(broker(), 'no');
    const { url } = await attempt(site, { redirect_uri: SITE_REDIRECT, scope: 'openid' });
    const back = await press(browser, await follow(browser, url.href), 'deny');
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('code')).toBeNull();
  });

  test('a stranger signs in first, and comes back', async () => {
    const { person } = await resident('fay');
    const site = await asSite(broker(), 'stranger');
    const { url, checks } = await attempt(site, { redirect_uri: SITE_REDIRECT, scope: 'openid' });
    const browser = new CookieBrowser(broker());
    const form = await follow(browser, url.href);
    expect(form.heading).toBe('Sign in');
    expect(form.headers.get('content-security-policy')).toMatch(
      /form-action 'self' https:\/\/forum\.example;/,
    );
    const next = form.input('next')?.['value'] ?? '';
    expect(next).toMatch(/^\/allow\/[\w-]{43}$/);
    const signedIn = await browser.signIn(person.userName, PASSWORD, { next });
    const page = await follow(browser, signedIn.headers.get('location') ?? '');
    const back = await press(browser, page, 'allow');
    expect((await oidc.authorizationCodeGrant(site, back, checks)).claims()?.sub).toBe(person.id);
  });

  test('a code is used once, and a second use ends what the first one gave', async () => {
    const gus = await resident('gus');
    const app = await asApp(broker());
    const { url, checks } = await attempt(app, { redirect_uri: loopback, scope: 'servers:read' });
    const back = await press(gus.browser, await follow(gus.browser, url.href), 'allow');
    const tokens = await oidc.authorizationCodeGrant(app, back, checks);
    await expect(oidc.authorizationCodeGrant(app, back, checks)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const refresh = oidc.refreshTokenGrant(app, tokens.refresh_token ?? '');
    await expect(refresh).rejects.toMatchObject({ error: 'invalid_grant' });
    const claims = decodeJwt<AccessTokenClaims>(tokens.access_token);
    expect(await broker().app.get(AccessTokens).accept(claims)).toBeNull();
  });

  test('prompt=login and max_age ask for the password again; prompt=none never asks', async () => {
    const { browser } = await resident('hal');
    const site = await asSite(broker(), 'prompts');
    const wanted = { redirect_uri: SITE_REDIRECT, scope: 'openid' };
    const none = await attempt(site, { ...wanted, prompt: 'none' });
    expect(leaving(await follow(browser, none.url.href)).searchParams.get('error')).toBe('consent_required');
    await codeFlow(site, browser, wanted);
    expect(leaving(await follow(browser, none.url.href)).searchParams.get('code')).not.toBeNull();
    const stranger = leaving(await follow(new CookieBrowser(broker()), none.url.href));
    expect(stranger.searchParams.get('error')).toBe('login_required');
    for (const ask of [{ prompt: 'login' }, { max_age: '60' }]) {
      broker().clock.advance(2 * MINUTE);
      const again = await attempt(site, { ...wanted, ...ask });
      const page = await follow(browser, again.url.href);
      expect(page.heading).toBe('Your password, once more');
      const path = /action="(\/allow\/[^"]+\/prove)"/.exec(page.html)?.[1] ?? '';
      const wrong = await browser.submit(path, page.filled({ currentPassword: 'wrong' }));
      expect([wrong.status, wrong.heading]).toEqual([403, 'Your password, once more']);
      const proved = await browser.submit(path, page.filled({ currentPassword: PASSWORD }));
      const back = leaving(await follow(browser, proved.headers.get('location') ?? ''));
      const tokens = await oidc.authorizationCodeGrant(site, back, again.checks);
      expect(tokens.claims()?.auth_time).toBe(Math.floor(broker().clock.now() / 1_000));
    }
  });

  test('signing out of the pages signs out of the authorization server', async () => {
    const ida = await resident('ida');
    const site = await asSite(broker(), 'out');
    const wanted = { redirect_uri: SITE_REDIRECT, scope: 'openid' };
    await codeFlow(site, ida.browser, wanted);
    await ida.send('/sign-out');
    const { url } = await attempt(site, wanted);
    expect((await follow(ida.browser, url.href)).heading).toBe('Sign in');
  });

  test('a site can ask to sign out; the person decides', async () => {
    const jo = await resident('jo');
    const site = await asSite(broker(), 'bye');
    const tokens = await codeFlow(site, jo.browser, { redirect_uri: SITE_REDIRECT, scope: 'openid' });
    const back = 'https://forum.example/signed-out';
    const url = oidc.buildEndSessionUrl(site, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: back,
    });
    const page = await follow(jo.browser, url.href);
    expect(page.heading).toBe('Sign out?');
    expect(page.headers.get('content-security-policy')).toMatch(
      /form-action 'self' https:\/\/forum\.example;/,
    );
    const { logout: _, ...fields } = page.filled();
    const stay = await jo.browser.submit('/oidc/end-session/confirm', fields);
    expect(leaving(stay).href).toBe(back);
    expect((await jo.open('/servers')).status).toBe(200);
    const again = await follow(jo.browser, url.href);
    const out = await jo.browser.submit('/oidc/end-session/confirm', { ...again.filled(), logout: 'yes' });
    expect(leaving(out).href).toBe(back);
    expect((await jo.open('/servers')).status).toBe(303);
    expect(jo.browser.cookies.has('sid')).toBe(false);
  });
});
