import { expect, test } from '@jest/globals';
import * as oidc from 'openid-client';
import { decodeJwt } from 'jose';
import { AccessTokens, AppSignIns, type AccessTokenClaims } from '../../src/features/oauth/index.js';
import { Artifacts } from '../../src/features/oauth/artifacts.service.js';
import { AuditTrail } from '../../src/features/audit/index.js';
import type { AccountId } from '../../src/shared/ids.js';
import { Resident } from '../pages/signed-in.js';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { eachBroker } from '../support/broker.js';
import { buildBefore, ChildBroker } from '../support/child-broker.js';
import { asApp, asSite, codeFlow, followClock, PUBLIC_URL } from '../support/oauth.js';

const SECOND = 1_000;
const DAY = 86_400_000;

/** What a process of its own takes for now. */
const trueNow = (): number => Math.round(performance.timeOrigin + performance.now());

eachBroker('refresh tokens', { PUBLIC_URL }, (broker) => {
  buildBefore();
  followClock(broker);

  interface Installed {
    readonly config: oidc.Configuration;
    readonly person: Resident['person'];
    readonly first: string;
  }

  async function installed(name: string): Promise<Installed> {
    const resident = await Resident.of(broker(), name);
    const config = await asApp(broker());
    const asked = { redirect_uri: 'http://127.0.0.1:1/callback', scope: 'openid servers:read' };
    const tokens = await codeFlow(config, resident.browser, asked);
    return { config, person: resident.person, first: tokens.refresh_token ?? '' };
  }

  const refresh = ({ config }: Installed, token: string): ReturnType<typeof oidc.refreshTokenGrant> =>
    oidc.refreshTokenGrant(config, token);
  const refused = { error: 'invalid_grant' };
  const signIns = ({ person }: Installed): Promise<unknown[]> =>
    broker()
      .app.get(AppSignIns)
      .of(person.id as AccountId);

  test('are replaced on every use', async () => {
    const app = await installed('ann');
    const second = await refresh(app, app.first);
    expect(second).toMatchObject({ expires_in: 900, scope: 'servers:read' });
    expect(second.refresh_token).not.toBe(app.first);
    const third = await refresh(app, second.refresh_token ?? '');
    const claims = decodeJwt<AccessTokenClaims>(third.access_token);
    expect(await broker().app.get(AccessTokens).accept(claims)).not.toBeNull();
  });

  test('a lost answer is given again, for a minute', async () => {
    const app = await installed('bob');
    const lost = await refresh(app, app.first);
    broker().clock.advance(59 * SECOND);
    const found = await refresh(app, app.first);
    expect(found.refresh_token).toBe(lost.refresh_token);
    expect((await refresh(app, found.refresh_token ?? '')).refresh_token).not.toBe(found.refresh_token);
  });

  test('one that was used stays used when the clock is set back an hour (R-27)', async () => {
    const app = await installed('lea');
    const next = await refresh(app, app.first);
    broker().clock.advance(-60 * 60 * SECOND);
    await expect(refresh(app, app.first)).rejects.toMatchObject(refused);
    await expect(refresh(app, next.refresh_token ?? '')).rejects.toMatchObject(refused);
    broker().clock.advance(60 * 60 * SECOND);
  });

  test('twenty at once all get the same successor', async () => {
    const app = await installed('carl');
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(app, app.first)));
    expect(new Set(answers.map((answer) => answer.refresh_token)).size).toBe(1);
    await refresh(app, answers[0]?.refresh_token ?? '');
    expect(await signIns(app)).toHaveLength(1);
  });

  test('one that comes back later ends the sign-in, and the owner is told (S-12)', async () => {
    const app = await installed('dora');
    const next = await refresh(app, app.first);
    const claims = decodeJwt<AccessTokenClaims>(next.access_token);
    broker().clock.advance(61 * SECOND);
    expect(await broker().app.get(AccessTokens).accept(claims)).not.toBeNull();
    await expect(refresh(app, app.first)).rejects.toMatchObject(refused);
    await expect(refresh(app, next.refresh_token ?? '')).rejects.toMatchObject(refused);
    expect(await broker().app.get(AccessTokens).accept(claims)).toBeNull();
    expect(await signIns(app)).toEqual([]);
    const { subject } = await broker().mailbox.last('dora@example.org');
    expect(subject).toBe('An app was signed out for safety');
    const events = await broker()
      .app.get(AuditTrail)
      .ofAccount(app.person.id as AccountId, 50);
    expect(events.filter(({ kind }) => kind === 'refresh-token-reused')).toHaveLength(1);
  });

  test('a broker that dies half-way leaves the old one usable', async () => {
    const app = await installed('emil');
    const artifacts = broker().app.get(Artifacts);
    const put = artifacts.put.bind(artifacts);
    artifacts.put = (kind, ...rest) => {
      if (kind === 'RefreshToken') return Promise.reject(new Error('the power went'));
      return put(kind, ...rest);
    };
    try {
      await expect(refresh(app, app.first)).rejects.toMatchObject({ cause: { status: 503 } });
    } finally {
      artifacts.put = put;
    }
    broker().clock.advance(10 * 60 * SECOND);
    expect((await refresh(app, app.first)).refresh_token).toEqual(expect.any(String));
  });

  test('a broker killed between commit and answer leaves the successor, for a minute (S-12)', async () => {
    broker().clock.advance(trueNow() - broker().clock.now());
    const app = await installed('mona');
    await broker().close();
    const { DATABASE_URL: url } = broker().environment;
    const child = await ChildBroker.start(broker().dataDir, {
      DATA_DIR: broker().dataDir,
      PUBLIC_URL,
      NODE_OPTIONS: `--import ${inCheckout('test/support/die-before-answering.mjs')}`,
      ...(url === undefined ? {} : { DATABASE_URL: url }),
    });
    const asked = { grant_type: 'refresh_token', refresh_token: app.first, client_id: 'signpost-device' };
    const answer = fetch(`${child.url}/oidc/token`, { method: 'POST', body: new URLSearchParams(asked) });
    await expect(answer).rejects.toThrow('fetch failed');
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
    await broker().open();
    broker().clock.advance(trueNow() - broker().clock.now());

    const again: Installed = { ...app, config: await asApp(broker()) };
    const successors = [await refresh(again, app.first), await refresh(again, app.first)];
    expect(successors[0]?.refresh_token).toBe(successors[1]?.refresh_token);
    const { refresh_token: third } = await refresh(again, successors[0]?.refresh_token ?? '');
    expect(third).toEqual(expect.any(String));
    // It was used up before the kill, and the minute counts from there.
    broker().clock.advance(61 * SECOND);
    await expect(refresh(again, app.first)).rejects.toMatchObject(refused);
    await expect(refresh(again, third ?? '')).rejects.toMatchObject(refused);
    expect(await signIns(again)).toEqual([]);
    expect((await broker().mailbox.last('mona@example.org')).subject).toBe(
      'An app was signed out for safety',
    );
    const events = await broker()
      .app.get(AuditTrail)
      .ofAccount(app.person.id as AccountId, 50);
    expect(events.filter(({ kind }) => kind === 'refresh-token-reused')).toHaveLength(1);
  });

  test('a restart changes nothing', async () => {
    const app = await installed('fay');
    const next = await refresh(app, app.first);
    await broker().close();
    await broker().open();
    const again: Installed = { ...app, config: await asApp(broker()) };
    expect((await refresh(again, app.first)).refresh_token).toBe(next.refresh_token);
  });

  test('an app that stays away for sixty days must be let in again', async () => {
    const app = await installed('gus');
    broker().clock.advance(59 * DAY);
    const next = await refresh(app, app.first);
    broker().clock.advance(60 * DAY);
    await expect(refresh(app, next.refresh_token ?? '')).rejects.toMatchObject(refused);
  });

  test('and after a year in any case', async () => {
    const app = await installed('hal');
    let token = app.first;
    for (let days = 0; days < 350; days += 50) {
      broker().clock.advance(50 * DAY);
      token = (await refresh(app, token)).refresh_token ?? '';
    }
    broker().clock.advance(15 * DAY);
    await expect(refresh(app, token)).rejects.toMatchObject(refused);
  });

  test('another client cannot use one, nor learn that it exists', async () => {
    const app = await installed('ida');
    const site = await asSite(broker(), 'thief');
    await expect(oidc.refreshTokenGrant(site, app.first)).rejects.toMatchObject(refused);
    expect((await refresh(app, app.first)).refresh_token).toEqual(expect.any(String));
  });

  test('giving one back ends the sign-in (RFC 7009)', async () => {
    const app = await installed('jo');
    const site = await asSite(broker(), 'stranger');
    await oidc.tokenRevocation(site, app.first);
    expect(await signIns(app)).toHaveLength(1);
    await oidc.tokenRevocation(app.config, app.first);
    expect(await signIns(app)).toEqual([]);
    await expect(refresh(app, app.first)).rejects.toMatchObject(refused);
    await oidc.tokenRevocation(app.config, 'never-was-one');
  });

  test('no token is in the log', async () => {
    const app = await installed('kim');
    const next = await refresh(app, app.first);
    const lines = JSON.stringify(broker().log.lines);
    for (const secret of [app.first, next.refresh_token ?? '', next.access_token]) {
      expect(lines).not.toContain(secret);
    }
  });
});
