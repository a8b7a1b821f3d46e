import { expect, test } from '@jest/globals';
import { AccountsService, AddressChangeService } from '../../src/features/accounts/index.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import { Browser, CookieBrowser, type Answer } from './browser.js';
import { join, PASSWORD } from './people.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function expectOneSpentPage(
  broker: TestBroker,
  path: string,
  tokens: readonly string[],
): Promise<Answer> {
  const browser = new Browser(broker);
  const answers = await Promise.all(
    tokens.flatMap((token) => [
      browser.open(`${path}?token=${encodeURIComponent(token)}`),
      browser.submit(path, { token }),
    ]),
  );
  for (const { status, html } of answers) expect([status, html]).toEqual([410, answers[0]?.html]);
  return answers[0]!;
}

async function looksAtIt(browser: Browser, path: string): Promise<Answer> {
  for (const method of ['GET', 'HEAD', 'GET']) expect((await browser.open(path, method)).status).toBe(200);
  return browser.open(path);
}

eachBroker(
  'sign-in that was stopped after many guesses',
  {
    LIMITS: 'on',
    ANTI_ROBOT: 'off',
    TRUST_PROXY: '127.0.0.1',
    LIMIT_SIGN_IN_FAILURES_PER_ACCOUNT: '4',
  },
  (broker) => {
    const from = (address: string): CookieBrowser =>
      new CookieBrowser(broker(), { 'X-Forwarded-For': address });
    let networks = 0;
    /** Each from a network of its own, so that only the count of the account can stop them. */
    const guess = async (identifier: string): Promise<Answer> => {
      networks += 1;
      return from(`203.0.113.${networks}`).signIn(identifier, 'not the right password');
    };

    test('is opened again by the mailed link, once, and by a new password', async () => {
      await join(from('192.0.2.1'), 'ann');
      for (let count = 0; count < 4; count += 1) expect((await guess('ann')).status).toBe(403);
      expect((await guess('ann')).status).toBe(429);
      expect((await from('198.51.100.1').signIn('ann', PASSWORD)).status).toBe(429);
      expect((await from('192.0.2.1').signIn('ann', PASSWORD)).status).toBe(303);
    });

    test('the page shows whose account it is, and only the button opens it', async () => {
      const email = await join(from('192.0.2.2'), 'bob');
      for (let count = 0; count < 4; count += 1) await guess('bob');
      const path = await from('192.0.2.2').mailPath(email);
      expect(path).toMatch(/^\/unlock\?token=/);
      const page = await looksAtIt(from('198.51.100.2'), path);
      expect(page.heading).toBe('Open sign-in again');
      expect(page.text).toContain('bob');
      expect((await from('198.51.100.2').signIn('bob', PASSWORD)).status).toBe(429);
      const done = await from('198.51.100.2').submit('/unlock', page.filled());
      expect([done.status, done.heading]).toEqual([200, 'You can sign in again']);
      expect((await from('198.51.100.2').signIn('bob', PASSWORD)).status).toBe(303);
      const token = new URLSearchParams(path.split('?')[1]).get('token') ?? '';
      const spent = await expectOneSpentPage(broker(), '/unlock', [token, '0'.repeat(64), '']);
      expect(spent.html).toContain('href="/forgot"');
    });

    test('a success from a known network, and a new password, open it as well', async () => {
      const email = await join(from('192.0.2.3'), 'cat');
      for (let count = 0; count < 4; count += 1) await guess('cat');
      expect((await from('192.0.2.3').signIn('cat', PASSWORD)).status).toBe(303);
      expect((await guess('cat')).status).toBe(403);
      for (let count = 0; count < 3; count += 1) await guess('cat');
      expect((await guess('cat')).status).toBe(429);
      await from('192.0.2.3').submit('/forgot', { identifier: 'cat' });
      const form = await from('192.0.2.3').openMail(email);
      const newPassword = 'another good one to remember';
      await from('192.0.2.3').submit('/reset', form.filled({ newPassword, newPasswordAgain: newPassword }));
      expect((await from('198.51.100.3').signIn('cat', newPassword)).status).toBe(303);
    });

    test('a name that nobody has is stopped alike, and is told to wait as long', async () => {
      await join(from('192.0.2.4'), 'dan');
      const waits = [];
      for (const name of ['dan', 'nobody', 'nobody@example.org']) {
        for (let count = 0; count < 4; count += 1) expect((await guess(name)).status).toBe(403);
        const answer = await guess(name);
        expect(answer.status).toBe(429);
        waits.push(Number(answer.headers.get('retry-after')));
      }
      for (const wait of waits) {
        expect(wait).toBeGreaterThanOrEqual(720);
        // Rounded up to whole seconds.
        expect(wait).toBeLessThanOrEqual(1_080);
      }
    });

    test('of guesses that come together no more are judged than are left', async () => {
      await join(from('192.0.2.5'), 'eve');
      const answers = await Promise.all(Array.from({ length: 12 }, () => guess('eve')));
      expect(answers.filter(({ status }) => status === 403)).toHaveLength(4);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(8);
    });
  },
);

eachBroker('a change of address', { ANTI_ROBOT: 'off' }, (broker) => {
  const browser = (): Browser => new Browser(broker());

  /** As the profile does it. */
  const ask = async (userName: string, newAddress: string): Promise<void> => {
    const account = await broker().app.get(AccountsService).findByIdentifier(userName);
    await broker().app.get(AddressChangeService).ask(account!.id, newAddress);
  };

  const addressOf = async (userName: string): Promise<string | undefined> =>
    (await broker().app.get(AccountsService).findByIdentifier(userName))?.email;

  test('is confirmed at the new address by a button, and signs every browser out', async () => {
    await join(browser(), 'ann');
    const person = new CookieBrowser(broker());
    await person.signIn('ann', PASSWORD);
    await ask('ann', 'ann@new.example.org');
    const path = await person.mailPath('ann@new.example.org');
    const page = await looksAtIt(browser(), path);
    expect([page.heading, await addressOf('ann')]).toEqual(['Confirm your new address', 'ann@example.org']);
    expect(page.text).toContain('ann@new.example.org');
    const done = await person.submit('/confirm-address', page.filled());
    expect([done.status, done.heading]).toEqual([200, 'Your address is changed']);
    expect(await addressOf('ann')).toBe('ann@new.example.org');
    expect((await person.open('/')).status).toBe(200);
    const token = page.input('token')?.['value'] ?? '';
    await expectOneSpentPage(broker(), '/confirm-address', [token, '0'.repeat(64), '']);
  });

  test('can be taken back from the old address, before and after; the password must be set anew', async () => {
    for (const [userName, confirms] of [
      ['before', false],
      ['after', true],
    ] as const) {
      const email = await join(browser(), userName);
      await ask(userName, `thief.of.${userName}@example.net`);
      const oldPath = await browser().mailPath(email);
      if (confirms) {
        const form = await browser().openMail(`thief.of.${userName}@example.net`);
        await browser().submit('/confirm-address', form.filled());
      }
      const page = await looksAtIt(browser(), oldPath);
      expect(page.heading).toBe('Take your account back');
      expect(page.text).toContain(email);
      const thief = new CookieBrowser(broker());
      await thief.signIn(userName, PASSWORD);
      const done = await browser().submit('/revert-address', page.filled());
      expect([done.status, done.heading]).toEqual([200, 'Your account is yours again']);
      expect(await addressOf(userName)).toBe(email);
      expect((await thief.open('/')).status).toBe(200);
      expect((await thief.signIn(userName, PASSWORD)).status).toBe(403);
      const reset = await browser().openMail(email);
      expect(reset.heading).toBe('Set a new password');
      const newPassword = 'another good one to remember';
      await browser().submit('/reset', reset.filled({ newPassword, newPasswordAgain: newPassword }));
      expect((await thief.signIn(userName, newPassword)).status).toBe(303);
      const newLink = await browser().openMail(`thief.of.${userName}@example.net`);
      expect(newLink.status).toBe(410);
      const token = page.input('token')?.['value'] ?? '';
      await expectOneSpentPage(broker(), '/revert-address', [token, '0'.repeat(64), '']);
    }
  });

  test('that a thief makes twice gives him no way back once the owner has taken the account back', async () => {
    const mine = await join(browser(), 'twice');
    const [first, second] = ['first.thief@example.net', 'second.thief@example.net'];
    const confirm = async (address: string): Promise<void> => {
      broker().clock.advance(1_000);
      await ask('twice', address);
      const form = await browser().openMail(address);
      await browser().submit('/confirm-address', form.filled());
    };
    await ask('twice', first);
    const ownersWay = await browser().mailPath(mine);
    await confirm(first);
    await confirm(second);
    const thiefsWay = await browser().mailPath(first);
    expect((await browser().open(thiefsWay)).heading).toBe('Take your account back');
    // Pressing his button first does not take the owner's way away.
    await browser().submit('/revert-address', (await browser().open(thiefsWay)).filled());
    expect(await addressOf('twice')).toBe(first);
    await confirm(second);
    const thiefsNextWay = await browser().mailPath(first);
    await browser().submit('/revert-address', (await browser().open(ownersWay)).filled());
    expect(await addressOf('twice')).toBe(mine);
    const late = await browser().open(thiefsNextWay);
    expect([late.status, await addressOf('twice')]).toEqual([410, mine]);
  });

  test('links of one kind open nothing of another', async () => {
    const email = await join(browser(), 'kinds');
    await ask('kinds', 'kinds@new.example.org');
    const [toOld, toNew] = [
      await broker().mailbox.lastToken(email),
      await broker().mailbox.lastToken('kinds@new.example.org'),
    ];
    await expectOneSpentPage(broker(), '/confirm-address', [toOld]);
    await expectOneSpentPage(broker(), '/revert-address', [toNew]);
    await expectOneSpentPage(broker(), '/unlock', [toOld, toNew]);
    for (const token of [toOld, toNew]) {
      expect((await browser().open(`/reset?token=${token}`)).status).toBe(410);
      expect((await browser().open(`/confirm?token=${token}`)).status).toBe(410);
    }
    expect(await addressOf('kinds')).toBe(email);
  });

  test('is over after a day at the new address, and after a week at the old one', async () => {
    const email = await join(browser(), 'slow');
    await ask('slow', 'slow@new.example.org');
    const [oldPath, newPath] = [
      await browser().mailPath(email),
      await browser().mailPath('slow@new.example.org'),
    ];
    broker().clock.advance(DAY);
    expect((await browser().open(newPath)).status).toBe(410);
    broker().clock.advance(6 * DAY - 1);
    expect((await browser().open(oldPath)).status).toBe(200);
    broker().clock.advance(1);
    expect((await browser().open(oldPath)).status).toBe(410);
  });
});
