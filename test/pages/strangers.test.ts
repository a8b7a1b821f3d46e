import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { WebSessionsRepository } from '../../src/features/sessions/web-sessions.repository.js';
import { MINUTE } from '../../src/shared/clock.js';
import { askAt, type Answer } from '../connect/ask.js';
import { account, hex } from '../connect/cast.js';
import { eachBroker, type TestBroker } from '../support/broker.js';

/** Whoever shows a cookie of which nobody knows whether it is good costs a look into the database (S-25). */

const MOST = 6;
const SETTINGS = {
  LIMITS: 'on',
  TRUST_PROXY: '127.0.0.0/8',
  LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE: String(MOST),
};

const elsewhere = (): string => `2001:db8:${hex().slice(0, 4)}:${hex().slice(0, 4)}::1`;
const nobodys = (): string => hex() + hex();

eachBroker('strangers on the pages (S-25)', SETTINGS, (broker) => {
  let from = '';
  let reads = jest.spyOn(WebSessionsRepository.prototype, 'findByDigest');

  beforeEach(() => {
    from = elsewhere();
    reads = jest.spyOn(broker().app.get(WebSessionsRepository), 'findByDigest');
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const go = (path: string, cookie: string, method = 'GET', where = from): Promise<Answer> =>
    askAt(broker(), method, path, { from: where, headers: { Cookie: `sid=${cookie}` } });

  const flood = async (path = '/servers', method = 'GET', most = MOST): Promise<void> => {
    for (let count = 0; count < most; count += 1)
      expect((await go(path, nobodys(), method)).status).not.toBe(429);
  };

  const signedIn = (name: string): Promise<string> => sessionOf(broker(), `${name}-${hex().slice(0, 8)}`);

  test.each(['/servers', '/profile', '/devices/end-others', '/pin.html'])(
    '%s: random cookies are refused beyond what a network may, and nothing is read',
    async (path) => {
      await flood(path);
      expect(reads).toHaveBeenCalledTimes(MOST);
      for (let count = 0; count < 3; count += 1) expectTooMany(await go(path, nobodys()));
      expect(reads).toHaveBeenCalledTimes(MOST);
      expect((await go(path, nobodys(), 'GET', elsewhere())).status).toBe(303);
      broker().clock.advance(MINUTE);
      expect((await go(path, nobodys())).status).toBe(303);
    },
  );

  test('a path that does not exist is shown to everybody, and to strangers as signed out without reading', async () => {
    for (let count = 0; count < 3 * MOST; count += 1)
      expect((await go('/no-such-page', nobodys())).status).toBe(404);
    expect(reads).toHaveBeenCalledTimes(MOST);
    expectTooMany(await go('/servers', nobodys()));
  });

  test.each(['/sign-in', '/reset', '/oidc/jwks', '/oidc/authorize?client_id=none'])(
    '%s: whoever comes with an old cookie is answered as without one, and costs at most one read a count',
    async (path) => {
      const statuses: number[] = [];
      for (let count = 0; count < MOST; count += 1) statuses.push((await go(path, nobodys())).status);
      const without = (await askAt(broker(), 'GET', path, { from: elsewhere() })).status;
      expect(statuses).toEqual(Array(MOST).fill(without));
      expectTooMany(await go(path, nobodys()));
      expect(reads.mock.calls.length).toBeLessThanOrEqual(MOST);
    },
  );

  test('a whole IPv6 /48 has four times as much, not as much from each /64 of it (S-21)', async () => {
    const statuses: number[] = [];
    for (let subnet = 0; subnet < 5; subnet += 1)
      for (let count = 0; count < MOST; count += 1)
        statuses.push((await go('/oidc/jwks', '', 'GET', `2001:db8:4848:${subnet}::1`)).status);
    expect(statuses).toEqual([...Array<number>(4 * MOST).fill(200), ...Array<number>(MOST).fill(429)]);
  });

  test('what cannot be a token of ours is not looked up', async () => {
    for (const cookie of ['x', 'a'.repeat(63), 'G'.repeat(64), 'a'.repeat(4_000)])
      for (let count = 0; count < MOST; count += 1) expect((await go('/servers', cookie)).status).toBe(303);
    expect(reads).not.toHaveBeenCalled();
  });

  test('who has been seen signed in goes on, whatever strangers do in the same network', async () => {
    const cookie = await signedIn('seen');
    expect((await go('/servers', cookie)).status).toBe(200);
    await flood();
    expectTooMany(await go('/servers', nobodys()));
    for (const path of ['/servers', '/profile', '/devices'])
      expect((await go(path, cookie)).status).toBe(200);
    const nowhere = await go('/no-such-page', cookie);
    expect([nowhere.status, nowhere.text.includes('Sign out')]).toEqual([404, true]);
  });

  test('who is signed in and was not seen yet is let in from every other network', async () => {
    const cookie = await signedIn('unseen');
    await flood();
    expectTooMany(await go('/servers', cookie));
    expect((await go('/servers', cookie, 'GET', elsewhere())).status).toBe(200);
    expect((await go('/servers', cookie)).status).toBe(200);
  });

  test('a crowd of people who are signed in is let in through one network', async () => {
    for (let count = 0; count < 2 * MOST; count += 1)
      expect((await go('/servers', await signedIn('crowd'))).status).toBe(200);
  });

  test('whoever ends what is theirs is let in although strangers ask for as much as their network may (R-42)', async () => {
    const cookie = await signedIn('ends');
    await flood();
    expectTooMany(await go('/servers', nobodys()));
    expectTooMany(await go('/sign-in', ''));
    for (const path of ['/stop', '/revert-address', '/oidc/revoke'])
      expect((await go(path, '', 'POST')).status).not.toBe(429);
    // Known as who it is: only the token of its form is missing.
    expect((await go('/sign-out', cookie, 'POST')).status).toBe(403);
    await flood('/sign-out', 'POST', MOST - 3);
    for (const path of ['/sign-out', '/stop', '/oidc/revoke'])
      expectTooMany(await go(path, nobodys(), 'POST'));
    expect((await go('/devices/end-app', cookie, 'POST')).status).toBe(403);
  });

  test('a session that was ended is a stranger’s the next time', async () => {
    const cookie = await signedIn('ended');
    expect((await go('/servers', cookie)).status).toBe(200);
    const sessions = broker().app.get(WebSessionsService);
    const { account: person, session } = (await sessions.authenticate(cookie, null))!;
    await sessions.signOut(session.id, person.id);
    await flood();
    expect((await go('/servers', cookie)).status).toBe(303);
    expectTooMany(await go('/servers', cookie));
  });
});

async function sessionOf(broker: TestBroker, name: string): Promise<string> {
  const session = { browser: 'Firefox', network: '127.0.0.1', persistent: false };
  return broker.app.get(WebSessionsService).signIn(await account(broker, name), session);
}

function expectTooMany({ status, headers }: Answer): void {
  expect([status, headers['retry-after']]).toEqual([429, expect.stringMatching(/^[1-9]\d*$/)]);
}
