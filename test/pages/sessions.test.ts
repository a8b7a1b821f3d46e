import { expect, test } from '@jest/globals';
import { AccountsService } from '../../src/features/accounts/index.js';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { Device } from '../simulator/device.js';
import { eachBroker } from '../support/broker.js';
import { Browser, CookieBrowser } from './browser.js';
import { join, PASSWORD } from './people.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

eachBroker(
  'how many browsers stay signed in',
  { ANTI_ROBOT: 'off', LIMIT_BROWSERS_PER_ACCOUNT: '2' },
  (broker) => {
    test('one too many ends the one idle longest', async () => {
      await join(new Browser(broker()), 'many');
      const browsers = Array.from({ length: 3 }, () => new CookieBrowser(broker()));
      for (const browser of browsers) {
        broker().clock.advance(MINUTE);
        expect((await browser.signIn('many', PASSWORD)).status).toBe(303);
      }
      const where = browsers.map(async (one) => (await one.open('/')).headers.get('location'));
      expect(await Promise.all(where)).toEqual([null, '/servers', '/servers']);
    });
  },
);

eachBroker('how long a browser stays signed in', { ANTI_ROBOT: 'off' }, (broker) => {
  const signedIn = async (userName: string, more: Record<string, string> = {}): Promise<CookieBrowser> => {
    await join(new Browser(broker()), userName);
    const person = new CookieBrowser(broker());
    await person.signIn(userName, PASSWORD, more);
    return person;
  };

  const isSignedIn = async (person: CookieBrowser): Promise<boolean> => {
    const is = (await person.open('/')).headers.get('location') === '/servers';
    // When it was used last is written beside the request.
    await broker().mailbox.to('nobody@example.org');
    return is;
  };

  /** Uses the browser each `stepMs`. @returns for how long it was still signed in */
  const lastsFor = async (person: CookieBrowser, stepMs: number, mostMs: number): Promise<number> => {
    for (let passed = 0; passed <= mostMs; passed += stepMs) {
      if (!(await isSignedIn(person))) return passed;
      broker().clock.advance(stepMs);
    }
    return mostMs;
  };

  test('who is signed in is read as it was written, with the account as it is now', async () => {
    const sessions = broker().app.get(WebSessionsService);
    const accounts = broker().app.get(AccountsService);
    await join(new Browser(broker()), 'whole');
    const account = (await accounts.findByIdentifier('whole'))!;
    const now = broker().clock.now();
    for (const persistent of [true, false]) {
      const given = { browser: 'Firefox "\u00e9\u{1f980}"', network: '2001:db8::/56', persistent };
      const token = await sessions.signIn(account, given);
      const [kept] = await sessions.of(account.id);
      const times = { createdAt: now, lastUsedAt: now, authenticatedAt: now };
      const session = { id: kept!.id, accountId: account.id, ...given, ...times, browser: kept!.browser };
      const expected = { account, session, isFresh: true };
      expect(await sessions.authenticate(token, null)).toEqual(expected);
      // Inside a unit of work too, where it reads what is not committed yet.
      const unitOfWork = broker().app.get(UnitOfWork);
      expect(await unitOfWork.run(() => sessions.authenticate(token, null))).toEqual(expected);
      await sessions.signOut(kept!.id, account.id);
      expect(await sessions.authenticate(token, null)).toBeNull();
    }
  });

  test.each([
    ['an hour', {}, HOUR],
    ['fourteen days with "stay signed in"', { stay: 'yes' }, 14 * DAY],
  ])('idle, it ends after %s', async (_, more, idle) => {
    const person = await signedIn(`idle${Object.keys(more).length}`, more);
    broker().clock.advance(idle - MINUTE);
    expect(await isSignedIn(person)).toBe(true);
    broker().clock.advance(idle - 1);
    expect(await isSignedIn(person)).toBe(true);
    broker().clock.advance(idle);
    expect(await isSignedIn(person)).toBe(false);
  });

  test('used all the time, it ends after twelve hours', async () => {
    const person = await signedIn('busy');
    expect(await lastsFor(person, 30 * MINUTE, DAY)).toBe(12 * HOUR);
  });

  test('used all the time with "stay signed in", it ends after thirty days', async () => {
    const person = await signedIn('stayer', { stay: 'yes' });
    expect(await lastsFor(person, 5 * DAY, 60 * DAY)).toBe(30 * DAY);
  });

  test('each sign-in has an id of its own', async () => {
    await join(new Browser(broker()), 'many');
    const ids = [];
    for (let count = 0; count < 3; count += 1) {
      const person = new CookieBrowser(broker());
      await person.signIn('many', PASSWORD);
      ids.push(person.cookies.get('sid'));
    }
    expect(new Set(ids).size).toBe(3);
  });

  test('a new password by mail ends every browser and device in the same request', async () => {
    const here = await signedIn('forgetful');
    const there = new CookieBrowser(broker());
    await there.signIn('forgetful', PASSWORD, { stay: 'yes' });
    const device = new Device({ broker: broker().url });
    await device.signIn('forgetful', PASSWORD);
    expect(await device.servers()).toEqual([]);
    await here.submit('/forgot', { identifier: 'forgetful' });
    const form = await here.openMail('forgetful@example.org');
    const newPassword = 'another good one to remember';
    await here.submit('/reset', form.filled({ newPassword, newPasswordAgain: newPassword }));
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([false, false]);
    await expect(device.servers()).rejects.toThrow();
    expect((await new CookieBrowser(broker()).signIn('forgetful', PASSWORD)).status).toBe(403);
    expect((await here.signIn('forgetful', newPassword)).status).toBe(303);
  });

  test('the cookie of one browser tells nothing about the others', async () => {
    const person = await signedIn('single');
    for (const token of ['', 'x', '0'.repeat(64), `${person.cookies.get('sid') ?? ''}0`]) {
      const other = new CookieBrowser(broker());
      other.cookies.set('sid', token);
      expect(await isSignedIn(other)).toBe(false);
    }
  });
});
