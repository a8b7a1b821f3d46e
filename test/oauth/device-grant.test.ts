import { expect, test } from '@jest/globals';
import * as oidc from 'openid-client';
import { decodeJwt } from 'jose';
import { AccessTokens, AppSignIns, type AccessTokenClaims } from '../../src/features/oauth/index.js';
import type { AccountId } from '../../src/shared/ids.js';
import { Resident } from '../pages/signed-in.js';
import type { Answer } from '../pages/browser.js';
import { eachBroker } from '../support/broker.js';
import { asApp, fetchFrom, followClock, PUBLIC_URL } from '../support/oauth.js';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const ASKED = { scope: 'servers:read', device_name: 'Living room', app_name: 'Theater' };

eachBroker('the device grant', { PUBLIC_URL }, (broker) => {
  followClock(broker);
  const resident = (name: string): Promise<Resident> => Resident.of(broker(), name);
  const check = async ({ browser }: Resident, pin: string): Promise<Answer> =>
    browser.submit('/pin', (await browser.open('/pin')).filled({ pin }));

  const poll = (config: oidc.Configuration, device_code: string): Promise<oidc.TokenEndpointResponse> =>
    oidc.genericGrantRequest(config, DEVICE_GRANT, { device_code });
  const pending = { error: 'authorization_pending' };

  test('a TV shows a code, a person lets it in on the PIN page, the TV gets its tokens', async () => {
    const ann = await resident('ann');
    const config = await asApp(broker());
    const shown = await oidc.initiateDeviceAuthorization(config, ASKED);
    expect(shown).toMatchObject({
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${PUBLIC_URL}/pin`,
      verification_uri_complete: `${PUBLIC_URL}/pin?pin=${shown.user_code}`,
      expires_in: 600,
      interval: 5,
    });
    await expect(poll(config, shown.device_code)).rejects.toMatchObject(pending);
    broker().clock.advance(42_000);
    const step = await check(ann, shown.user_code.toLowerCase());
    expect(step.heading).toBe('Is this your device?');
    for (const text of [
      'Theater',
      'Living room',
      '42 seconds ago',
      'the same as yours',
      'see your servers',
    ]) {
      expect(step.text).toContain(text);
    }
    expect(step.text).toContain('Did somebody send you this PIN');
    await expect(poll(config, shown.device_code)).rejects.toMatchObject(pending);
    const done = await ann.browser.submit('/pin/confirm', step.filled());
    expect(done.headers.get('location')).toBe('/pin?done=linked');
    expect(
      await broker()
        .app.get(AppSignIns)
        .of(ann.person.id as AccountId),
    ).toEqual([]);
    const tokens = await poll(config, shown.device_code);
    const claims = decodeJwt<AccessTokenClaims>(tokens.access_token);
    expect(await broker().app.get(AccessTokens).accept(claims)).toMatchObject({
      account: { userName: 'ann' },
    });
    const [signIn] = await broker()
      .app.get(AppSignIns)
      .of(ann.person.id as AccountId);
    expect(signIn).toMatchObject({ appName: 'Theater', deviceName: 'Living room', network: '127.0.0.1' });
    expect((await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).access_token).toEqual(
      expect.any(String),
    );
    expect((await broker().mailbox.last('ann@example.org')).subject).toBe(
      'A new device signed in to your account',
    );
  });

  test('an app that may see the address gets it from the API, and after a refresh too', async () => {
    const eve = await resident('eve');
    const config = await asApp(broker());
    const shown = await oidc.initiateDeviceAuthorization(config, {
      ...ASKED,
      scope: 'openid email servers:read',
    });
    await eve.browser.submit('/pin/confirm', (await check(eve, shown.user_code)).filled());
    const first = await poll(config, shown.device_code);
    const next = await oidc.refreshTokenGrant(config, first.refresh_token ?? '');
    for (const { access_token } of [first, next]) {
      const headers = { Authorization: `Bearer ${access_token}` };
      const profile = await fetch(`${broker().url}/api/v1/profile`, { headers });
      expect(await profile.json()).toMatchObject({ userName: 'eve', email: 'eve@example.org' });
    }
  });

  test('a link fills the code in, and confirms nothing', async () => {
    const bob = await resident('bob');
    const config = await asApp(broker());
    const shown = await oidc.initiateDeviceAuthorization(config, ASKED);
    const { pathname, search } = new URL(shown.verification_uri_complete ?? '');
    expect((await bob.open(pathname + search)).input('pin')?.['value']).toBe(shown.user_code);
    await expect(poll(config, shown.device_code)).rejects.toMatchObject(pending);
  });

  test('a person sends a device away, and it is told', async () => {
    const carl = await resident('carl');
    const config = await asApp(broker());
    const shown = await oidc.initiateDeviceAuthorization(config, ASKED);
    const step = await check(carl, shown.user_code);
    const gone = await carl.browser.submit('/pin/decline', step.filled());
    expect(gone.headers.get('location')).toBe('/pin?done=declined');
    await expect(poll(config, shown.device_code)).rejects.toMatchObject({ error: 'access_denied' });
    expect((await check(carl, shown.user_code)).status).toBe(404);
  });

  test('a device gets its tokens once; a second time ends them', async () => {
    const dora = await resident('dora');
    const config = await asApp(broker());
    const shown = await oidc.initiateDeviceAuthorization(config, ASKED);
    const step = await check(dora, shown.user_code);
    const twice = await Promise.all([1, 2].map(() => dora.browser.submit('/pin/confirm', step.filled())));
    expect(twice.map(({ status }) => status)).toEqual([303, 303]);
    const tokens = await poll(config, shown.device_code);
    await expect(poll(config, shown.device_code)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('two devices that ask at the same moment for the same code get one sign-in', async () => {
    const emil = await resident('emil');
    const config = await asApp(broker());
    const shown = await oidc.initiateDeviceAuthorization(config, ASKED);
    await emil.browser.submit('/pin/confirm', (await check(emil, shown.user_code)).filled());
    const answers = await Promise.allSettled([1, 2, 3].map(() => poll(config, shown.device_code)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a code is over after ten minutes, for the person and for the device', async () => {
    const fay = await resident('fay');
    const config = await asApp(broker());
    const shown = await oidc.initiateDeviceAuthorization(config, ASKED);
    const step = await check(fay, shown.user_code);
    broker().clock.advance(10 * 60_000);
    expect((await fay.browser.submit('/pin/confirm', step.filled())).status).toBe(404);
    await expect(poll(config, shown.device_code)).rejects.toMatchObject({ error: 'expired_token' });
  });

  test('a changed password ends what was let in but has not come yet (S-13)', async () => {
    const gus = await resident('gus');
    const config = await asApp(broker());
    const shown = await oidc.initiateDeviceAuthorization(config, ASKED);
    await gus.browser.submit('/pin/confirm', (await check(gus, shown.user_code)).filled());
    const change = { currentPassword: gus.person.password, newPassword: 'another battery staple' };
    await gus.send('/profile/password', { ...change, newPasswordAgain: change.newPassword });
    await expect(poll(config, shown.device_code)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('an app of the wire protocol cannot let another app in: nobody would see what it may do (S-44)', async () => {
    const hal = await resident('hal');
    const device = await hal.device();
    const shown = await oidc.initiateDeviceAuthorization(await asApp(broker()), ASKED);
    await expect(device.confirmPin(shown.user_code)).rejects.toThrow(/404/);
  });
});

eachBroker('the device grant with limits', { PUBLIC_URL, LIMITS: 'on' }, (broker) => {
  followClock(broker);

  test('a device that asks too often is slowed down, more each time', async () => {
    const config = await asApp(broker());
    const { device_code } = await oidc.initiateDeviceAuthorization(config, ASKED);
    const poll = async (): Promise<string> => {
      const body = new URLSearchParams({
        grant_type: DEVICE_GRANT,
        client_id: 'signpost-device',
        device_code,
      });
      const answer = await fetchFrom(broker())(`${PUBLIC_URL}/oidc/token`, {
        method: 'POST',
        body,
        headers: {},
        redirect: 'manual',
      });
      return ((await answer.json()) as { error: string }).error;
    };
    expect(await poll()).toBe('authorization_pending');
    broker().clock.advance(5_000);
    expect(await poll()).toBe('authorization_pending');
    broker().clock.advance(2_000);
    expect(await poll()).toBe('slow_down');
    broker().clock.advance(5_000);
    expect(await poll()).toBe('slow_down');
    broker().clock.advance(15_000);
    expect(await poll()).toBe('authorization_pending');
  });

  test('wrong codes of both kinds are counted together (S-43)', async () => {
    const { browser } = await Resident.of(broker(), 'guesser');
    const guess = (await browser.open('/pin')).filled({ pin: 'BBBB-BBBB' });
    for (let tries = 0; tries < 5; tries += 1) await browser.submit('/pin', guess);
    const { user_code: pin } = await oidc.initiateDeviceAuthorization(await asApp(broker()), ASKED);
    expect((await browser.submit('/pin', { ...guess, pin })).status).toBe(429);
  });

  test('a network gets so many codes and no more (S-25)', async () => {
    const config = await asApp(broker());
    const asking = Array.from({ length: 12 }, () => oidc.initiateDeviceAuthorization(config, ASKED));
    const answers = await Promise.allSettled(asking);
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: { status: 429 } });
  });
});
