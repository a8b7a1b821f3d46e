import { expect, test } from '@jest/globals';
import { RecoveryService } from '../../src/features/accounts/index.js';
import { digestOf } from '../../src/platform/crypto/digest.js';
import { DAY, HOUR } from '../../src/shared/clock.js';
import { account, sql } from '../connect/cast.js';
import { eachBroker } from '../support/broker.js';
import { Browser, CookieBrowser, type Answer } from './browser.js';
import { PASSWORD } from './people.js';

const WRONG = 'not the right password';
const SETTINGS = {
  LIMITS: 'on',
  ANTI_ROBOT: 'off',
  TRUST_PROXY: '127.0.0.1',
  LIMIT_SIGN_IN_FAILURES_PER_ACCOUNT: '6',
  LIMIT_KNOWN_BROWSERS_PER_ACCOUNT: '3',
};

eachBroker('a browser that signed in before (S-22)', SETTINGS, (broker) => {
  let places = 0;

  /** A browser on a network that no account was used from. */
  const elsewhere = (): CookieBrowser => {
    places += 1;
    const headers = { 'X-Forwarded-For': `198.51.${100 + Math.floor(places / 250)}.${places % 250}` };
    return new CookieBrowser(broker(), headers);
  };

  /** The same browser on another network, without its session. */
  const travelled = (from: CookieBrowser, secret = from.cookies.get('device') ?? ''): CookieBrowser => {
    const there = elsewhere();
    if (secret !== '') there.cookies.set('device', secret);
    return there;
  };

  const signedIn = async (userName: string, browser = elsewhere()): Promise<CookieBrowser> => {
    browser.cookies.delete('sid');
    const { status } = await browser.signIn(userName, PASSWORD);
    if (status !== 303) throw new Error(`${userName} could not sign in: ${status}`);
    return browser;
  };

  const member = async (userName: string): Promise<CookieBrowser> => {
    await account(broker(), userName);
    return signedIn(userName);
  };

  /** Strangers guess until nobody from unknown networks may sign in any more. */
  const attack = async (userName: string): Promise<void> => {
    let answer: Answer | undefined;
    for (let tries = 0; tries < 7; tries += 1) answer = await elsewhere().signIn(userName, WRONG);
    if (answer?.status !== 429) throw new Error(`${userName} can still be guessed: ${answer?.status}`);
  };

  const send = async (
    browser: CookieBrowser,
    path: string,
    fields: Record<string, string>,
  ): Promise<Answer> => {
    const formToken = (await browser.open('/profile')).input('formToken')?.['value'] ?? '';
    return browser.submit(path, { formToken, ...fields });
  };

  const isKnown = async (userName: string, browser: CookieBrowser): Promise<boolean> =>
    (await browser.signIn(userName, PASSWORD)).status === 303;

  test('keeps a secret for a year, of which the broker has a digest only', async () => {
    const ann = await member('ann');
    const secret = ann.cookies.get('device') ?? '';
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(ann.attributes.get('device')).toBe(`Path=/; HttpOnly; SameSite=Lax; Max-Age=${365 * 86_400}`);
    const kept = JSON.stringify(await sql(broker(), 'SELECT * FROM known_browsers'));
    expect(kept).toContain(digestOf(secret));
    expect(kept).not.toContain(secret);
    const refused = await elsewhere().signIn('ann', WRONG);
    expect(refused.headers.getSetCookie().join()).not.toContain('device');
  });

  test('is let in from anywhere while guessing has stopped all strangers', async () => {
    const bob = await member('bob');
    await attack('bob');
    expect((await elsewhere().signIn('bob', PASSWORD)).status).toBe(429);
    const abroad = travelled(bob);
    expect((await abroad.signIn('bob', PASSWORD)).status).toBe(303);
    expect((await abroad.open('/servers')).status).toBe(200);
  });

  test('has ten wrong passwords an hour of its own, on whatever network, and strangers none of them', async () => {
    const cid = await member('cid');
    const statuses: number[] = [];
    for (let tries = 0; tries < 11; tries += 1) {
      statuses.push((await travelled(cid).signIn('cid', WRONG)).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(403), 429]);
    expect(await isKnown('cid', travelled(cid))).toBe(false);
    // Those ten count against nobody else.
    expect((await elsewhere().signIn('cid', PASSWORD)).status).toBe(303);
    broker().clock.advance(HOUR);
    expect(await isKnown('cid', travelled(cid))).toBe(true);
  });

  test('is a stranger to every other account, whether or not that exists', async () => {
    const dee = await member('dee');
    await account(broker(), 'dora');
    const told: string[] = [];
    for (const userName of ['dora', 'dump']) {
      const thief = travelled(dee);
      for (let tries = 0; tries < 5; tries += 1) {
        expect((await thief.signIn(userName, WRONG)).status).toBe(403);
      }
      const answer = await thief.signIn(userName, PASSWORD);
      expect(answer.status).toBe(429);
      told.push(answer.text.replaceAll(/\d+ (second|minute)s?/g, 'a while'));
    }
    expect(told[0]).toBe(told[1]);
    await attack('dora');
    expect(await isKnown('dora', travelled(dee))).toBe(false);
  });

  test('gets another secret at each sign-in, and a copy of the one before is worth nothing', async () => {
    const eve = await member('eve');
    const copied = eve.cookies.get('device') ?? '';
    await signedIn('eve', eve);
    expect(eve.cookies.get('device')).not.toBe(copied);
    await attack('eve');
    expect(await isKnown('eve', travelled(eve, copied))).toBe(false);
    expect(await isKnown('eve', travelled(eve))).toBe(true);
  });

  test('that several people use is known for each of them', async () => {
    let shared = await member('fay');
    await account(broker(), 'fred');
    await signedIn('fred', shared);
    for (const userName of ['fay', 'fred']) {
      await attack(userName);
      shared = travelled(shared);
      expect(await isKnown(userName, shared)).toBe(true);
    }
  });

  test('is one of three: the one used longest ago is forgotten', async () => {
    const first = await member('gus');
    broker().clock.advance(1_000);
    const others: CookieBrowser[] = [];
    for (let count = 0; count < 3; count += 1) {
      others.push(await signedIn('gus'));
      broker().clock.advance(1_000);
    }
    await attack('gus');
    expect(await isKnown('gus', travelled(first))).toBe(false);
    expect(await isKnown('gus', travelled(others[0]!))).toBe(true);
  });

  test('is forgotten after a year without signing in, and not before', async () => {
    const [idle, used] = [await member('hal'), await signedIn('hal')];
    broker().clock.advance(300 * DAY);
    await signedIn('hal', used);
    broker().clock.advance(65 * DAY);
    await attack('hal');
    expect(await isKnown('hal', travelled(idle))).toBe(false);
    expect(await isKnown('hal', travelled(used))).toBe(true);
  });

  test('is forgotten when the password is reset by mail', async () => {
    const ida = await member('ida');
    await broker().app.get(RecoveryService).forgot('ida', '192.0.2.1');
    const token = await broker().mailbox.lastToken('ida@example.org');
    const [newPassword, newPasswordAgain] = [`${PASSWORD} anew`, `${PASSWORD} anew`];
    await new Browser(broker()).submit('/reset', { token, newPassword, newPasswordAgain });
    await attack('ida');
    expect((await travelled(ida).signIn('ida', newPassword)).status).toBe(429);
  });

  test.each([
    ['everything else is signed out', 'jan', '/devices/end-others', {}],
    [
      'the password is changed',
      'kim',
      '/profile/password',
      { newPassword: `${PASSWORD} anew`, newPasswordAgain: `${PASSWORD} anew` },
    ],
  ])('is forgotten when %s, and the one that did it is known anew', async (_, userName, path, fields) => {
    const [here, other] = [await member(userName), await signedIn(userName)];
    const before = here.cookies.get('device') ?? '';
    const done = await send(here, path, { currentPassword: PASSWORD, ...fields });
    expect(done.status).toBe(303);
    await attack(userName);
    const password = 'newPassword' in fields ? fields.newPassword : PASSWORD;
    for (const forgotten of [travelled(other), travelled(here, before)]) {
      expect((await forgotten.signIn(userName, password)).status).toBe(429);
    }
    expect((await travelled(here).signIn(userName, password)).status).toBe(303);
  });

  test('leaves nothing behind when the account is deleted', async () => {
    const leo = await member('leo');
    const digest = digestOf(leo.cookies.get('device') ?? '');
    const rows = (): Promise<unknown> =>
      sql(broker(), `SELECT account_id FROM known_browsers WHERE digest = '${digest}'`);
    expect(await rows()).toHaveLength(1);
    await send(leo, '/profile/delete', { userName: 'leo', currentPassword: PASSWORD });
    expect(await rows()).toEqual([]);
  });

  test('that is signed in gives the password again on any network, whoever guesses elsewhere', async () => {
    const mia = await member('mia');
    mia.cookies.delete('device');
    const moved = elsewhere();
    for (const name of ['sid', 'form']) moved.cookies.set(name, mia.cookies.get(name) ?? '');
    await attack('mia');
    const wrong = await send(moved, '/devices/end-others', { currentPassword: WRONG });
    expect(wrong.status).toBe(403);
    expect((await send(moved, '/devices/end-others', { currentPassword: PASSWORD })).status).toBe(303);
  });

  test.each(['', 'x', 'A'.repeat(64), '0'.repeat(64), `${'0'.repeat(64)}"`])('is not %j', async (secret) => {
    const userName = `nat${secret.length}${secret.slice(-1).replace(/\W/, 'q')}`;
    await account(broker(), userName);
    await attack(userName);
    const stranger = elsewhere();
    stranger.cookies.set('device', secret);
    expect((await stranger.signIn(userName, PASSWORD)).status).toBe(429);
  });
});
