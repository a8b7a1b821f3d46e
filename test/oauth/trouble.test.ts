import { beforeAll, expect, jest, test } from '@jest/globals';
import { OpsListener } from '../../src/edges/ops/ops-listener.service.js';
import { Artifacts } from '../../src/features/oauth/artifacts.service.js';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { DomainError } from '../../src/shared/domain-error.js';
import { Resident } from '../pages/signed-in.js';
import { eachBroker } from '../support/broker.js';
import {
  asApp,
  asSite,
  attempt,
  codeFlow,
  followClock,
  PUBLIC_URL,
  SITE_REDIRECT,
} from '../support/oauth.js';
import { Scraper } from '../support/scrape.js';

eachBroker('the authorization server while its store fails', { PUBLIC_URL }, (broker) => {
  followClock(broker);
  let metrics: Scraper;
  beforeAll(async () => {
    metrics = new Scraper(await broker().app.get(OpsListener).listen());
  });

  /** Does something while what is kept under that name cannot be written. */
  async function failing<T>(
    kind: string,
    act: () => Promise<T>,
    error = new Error('the store went'),
  ): Promise<T> {
    const artifacts = broker().app.get(Artifacts);
    const put = artifacts.put.bind(artifacts);
    const spy = jest
      .spyOn(artifacts, 'put')
      .mockImplementation((what, ...rest) => (what === kind ? Promise.reject(error) : put(what, ...rest)));
    try {
      return await act();
    } finally {
      spy.mockRestore();
    }
  }

  /** How many troubles of a route are counted while something is done. */
  async function troubles<T>(route: string, act: () => Promise<T>): Promise<[number, T]> {
    const done: T[] = [];
    const grown = await metrics.growth(async () => done.push(await act()));
    return [grown[`signpost_troubles_total{route="${route}"}`] ?? 0, done[0] as T];
  }

  const later = expect.stringMatching(/^[1-9]\d*$/);

  test.each(['Session', 'Interaction'])(
    'somebody who is asked and whose %s cannot be kept is told to come back',
    async (kind) => {
      const { browser } = await Resident.of(broker(), `ann-${kind.toLowerCase()}`);
      const asked = { redirect_uri: 'http://127.0.0.1:1/callback', scope: 'openid servers:read' };
      const { url } = await attempt(await asApp(broker()), asked);
      broker().log.lines.length = 0;
      const [counted, page] = await troubles('/oidc/authorize', () =>
        failing(kind, () => browser.open(url.href.replace(PUBLIC_URL, ''))),
      );
      expect([page.status, counted]).toEqual([503, 1]);
      expect(page.heading).not.toBe('');
      expect(page.headers.get('location')).toBeNull();
      expect(page.headers.get('retry-after')).toEqual(later);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(broker().log.messages('error')).toContain('request failed');
    },
  );

  test('a code is not given to somebody whose session cannot be kept', async () => {
    const { browser } = await Resident.of(broker(), 'bea');
    const site = await asSite(broker(), 'forum-bea');
    await codeFlow(site, browser, { redirect_uri: SITE_REDIRECT, scope: 'openid' });
    const { url } = await attempt(site, { redirect_uri: SITE_REDIRECT, scope: 'openid' });
    const page = await failing('Session', () => browser.open(url.href.replace(PUBLIC_URL, '')));
    expect([page.status, page.headers.get('location')]).toEqual([503, null]);
  });

  test('somebody whose session cannot be ended is not told that it is', async () => {
    const { browser } = await Resident.of(broker(), 'cora');
    const page = await browser.open('/oidc/end-session');
    const spy = jest
      .spyOn(broker().app.get(WebSessionsService), 'signOut')
      .mockRejectedValue(new Error('the store went'));
    try {
      const fields = { ...page.filled(), logout: 'yes' };
      const answer = await browser.submit('/oidc/end-session/confirm', fields);
      expect([answer.status, answer.headers.get('location')]).toEqual([503, null]);
    } finally {
      spy.mockRestore();
    }
    expect((await browser.open('/servers')).status).toBe(200);
  });

  test('an app is told to come back, in the words of OAuth', async () => {
    const { browser } = await Resident.of(broker(), 'dan');
    const app = await asApp(broker());
    const asked = { redirect_uri: 'http://127.0.0.1:1/callback', scope: 'openid servers:read' };
    const { refresh_token: token = '' } = await codeFlow(app, browser, asked);
    const fields = { grant_type: 'refresh_token', client_id: 'signpost-device', refresh_token: token };
    const [counted, answer] = await troubles('/oidc/token', () =>
      failing('RefreshToken', () =>
        fetch(`${broker().url}/oidc/token`, { method: 'POST', body: new URLSearchParams(fields) }),
      ),
    );
    expect([answer.status, counted]).toEqual([503, 1]);
    expect(answer.headers.get('retry-after')).toEqual(later);
    expect(await answer.json()).toEqual({ error: 'temporarily_unavailable' });
  });

  test('what has been told of already, or is no trouble, is neither logged nor counted as one', async () => {
    const { browser } = await Resident.of(broker(), 'eve');
    const { url } = await attempt(await asApp(broker()), { redirect_uri: 'http://127.0.0.1:1/callback' });
    broker().log.lines.length = 0;
    const told = new DomainError('unavailable', 'disk-full', 'The disk is full.', { announced: true });
    const [counted, page] = await troubles('/oidc/authorize', () =>
      failing('Session', () => browser.open(url.href.replace(PUBLIC_URL, '')), told),
    );
    expect([page.status, counted, broker().log.messages('error')]).toEqual([503, 0, []]);
  });

  test('what is refused is counted by the words of OAuth, and never by those of the caller', async () => {
    const token = (fields: Record<string, string>) => () =>
      fetch(`${broker().url}/oidc/token`, { method: 'POST', body: new URLSearchParams(fields) });
    const cases: [() => Promise<{ status: number }>, route: string, status: number, reason: string][] = [
      [token({ grant_type: 'made up' }), '/oidc/token', 400, 'invalid_request'],
      [
        token({ grant_type: 'refresh_token', client_id: 'signpost-device', refresh_token: 'made up' }),
        '/oidc/token',
        400,
        'invalid_grant',
      ],
      [
        () => fetch(`${broker().url}/oidc/authorize?client_id=made-up`),
        '/oidc/authorize',
        400,
        'invalid_client',
      ],
      [() => fetch(`${broker().url}/oidc/userinfo`), '/oidc/userinfo', 401, 'invalid_token'],
    ];
    for (const [act, route, status, reason] of cases) {
      const grown = await metrics.growth(async () => {
        expect([route, (await act()).status]).toEqual([route, status]);
      });
      const name = `signpost_failures_total{route="${route}",status="${status}",reason="${reason}"}`;
      expect(Object.entries(grown).filter(([one]) => one.startsWith('signpost_failures'))).toEqual([
        [name, 1],
      ]);
    }
  });
});
