import { expect, test } from '@jest/globals';
import { AccountsService, SetupService } from '../../src/features/accounts/index.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { Browser, CookieBrowser } from './browser.js';
import { join, PASSWORD } from './people.js';

const MINUTE = 60_000;
const given = {
  userName: 'chief',
  email: 'chief@example.org',
  password: PASSWORD,
  newPasswordAgain: PASSWORD,
};

/** As `signpost serve` does when it starts. */
async function link(broker: TestBroker): Promise<string> {
  return `/setup?token=${(await broker.app.get(SetupService).offer()) ?? 'none'}`;
}

eachBroker('the first set-up of a broker', { ANTI_ROBOT: 'off', SIGN_UP: 'closed' }, (broker) => {
  const browser = (): Browser => new Browser(broker());

  test('mistakes keep what was typed and the link', async () => {
    const form = await browser().open(await link(broker()));
    expect([form.status, form.heading]).toEqual([200, 'Set up this Signpost']);
    const shown = form.inputs().filter(({ type }) => type !== 'hidden');
    expect(shown.map(({ name, autocomplete }) => [name, autocomplete])).toEqual([
      ['userName', 'username'],
      ['email', 'email'],
      ['password', 'new-password'],
      ['newPasswordAgain', 'new-password'],
    ]);
    for (const [field, wrong] of [
      ['userName', { userName: '"><b>' }],
      ['email', { email: 'nowhere' }],
      ['password', { password: 'short', newPasswordAgain: 'short' }],
      ['newPasswordAgain', { newPasswordAgain: 'something else entirely' }],
    ] as const) {
      const typed = { ...given, ...wrong };
      const page = await browser().submit('/setup', form.filled(typed));
      expect([field, page.status]).toEqual([field, 400]);
      expect(page.input(field)).toMatchObject({ 'aria-invalid': 'true' });
      expect(page.input('userName')?.['value']).toBe(typed.userName);
      expect(page.input('email')?.['value']).toBe(typed.email);
      expect(page.html).not.toContain(PASSWORD);
      expect(page.html).not.toContain('<b>');
    }
  });

  test('the link of the console makes the operator, once, in any mode of sign-up', async () => {
    const path = await link(broker());
    for (const method of ['HEAD', 'GET']) expect((await browser().open(path, method)).status).toBe(200);
    const form = await browser().open(path);
    const done = await browser().submit('/setup', form.filled(given));
    expect([done.status, done.heading]).toEqual([200, 'This Signpost is yours']);
    expect(done.html).toContain('href="/sign-in"');
    const account = await broker().app.get(AccountsService).findByIdentifier('chief');
    expect(account).toMatchObject({ role: 'operator', state: 'active' });
    expect((await new CookieBrowser(broker()).signIn('chief', PASSWORD)).status).toBe(303);
    const other = { ...given, userName: 'other', email: 'other@example.org' };
    const again = await browser().submit('/setup', form.filled(other));
    const spent = await browser().open(path);
    const invented = await browser().open(`/setup?token=${'0'.repeat(32)}`);
    const missing = await browser().open('/setup');
    for (const { status, html } of [again, spent, invented, missing]) {
      expect([status, html]).toEqual([410, spent.html]);
    }
    expect(spent.text).toContain('Restart the broker to get a new link');
    expect(await broker().app.get(SetupService).offer()).toBeNull();
  });
});

test('a set-up link is over after half an hour, and good at every node until then, as after a restart', async () => {
  const broker = await TestBroker.start({ ANTI_ROBOT: 'off' });
  const browser = new Browser(broker);
  const old = await link(broker);
  broker.clock.advance(30 * MINUTE);
  expect((await browser.open(old)).status).toBe(410);
  const later = (path: string): string =>
    path.replace(/(?<==)[0-9a-f]{12}/, (until) =>
      (Number.parseInt(until, 16) + MINUTE).toString(16).padStart(12, '0'),
    );
  expect((await browser.open(later(old))).status).toBe(410);
  const next = await link(broker);
  expect((await browser.open(next)).status).toBe(200);
  // What another node with the same key ring knows.
  await broker.close();
  await broker.open();
  expect((await browser.open(next)).status).toBe(200);
  await broker.remove();
});

test('an address in use is told to the operator, and the link stays good', async () => {
  const broker = await TestBroker.start({ ANTI_ROBOT: 'off' });
  const browser = new Browser(broker);
  const email = await join(browser, 'early');
  const form = await browser.open(await link(broker));
  const refused = await browser.submit('/setup', form.filled({ ...given, email }));
  expect(refused.status).toBe(409);
  expect(refused.described('email')).toContain('exists already');
  const done = await browser.submit('/setup', refused.filled(given));
  expect(done.status).toBe(200);
  await broker.remove();
});
