import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SetupService } from '../../src/features/accounts/index.js';
import { TestBroker } from '../support/broker.js';
import { Browser, type Answer } from './browser.js';
import { PASSWORD, Resident } from './signed-in.js';

/** `autocomplete` of the fields that a password manager looks at, form by form, in the order of the page. */
function kindsIn({ html }: Answer): string[][] {
  const forms = [...html.matchAll(/<form.*?<\/form>/gs)].map(([form]) => form);
  const kinds = (form: string): string[] =>
    [...form.matchAll(/<input[^>]*? autocomplete="([^"]+)"/g)].map(([, kind = '']) => kind);
  return forms.filter((form) => form.includes('type="password"')).map(kinds);
}

const CURRENT = ['username', 'current-password'];
const NEW = ['new-password', 'new-password'];

describe('what password managers are told', () => {
  let broker: TestBroker;
  let ann: Resident;
  beforeAll(async () => {
    broker = await TestBroker.start({ ANTI_ROBOT: 'off' });
    ann = await Resident.of(broker, 'ann');
  });
  afterAll(() => broker.remove());

  test.each([
    ['/profile/password', [...CURRENT, ...NEW]],
    ['/profile/email', [...CURRENT, 'email']],
    ['/profile/export', CURRENT],
    ['/profile/delete', ['username', 'off', 'current-password']],
    ['/devices/end-others', CURRENT],
  ])('%s names whose password it asks for', async (path, kinds) => {
    const page = await ann.open(path);
    expect(kindsIn(page)).toEqual([kinds]);
    expect(page.html).toContain('autocomplete="username" value="ann"');
  });

  test.each([
    ['/sign-in', CURRENT],
    ['/sign-up', ['username', 'email', 'new-password']],
  ])('%s', async (path, kinds) => {
    expect(kindsIn(await new Browser(broker).open(path))).toEqual([kinds]);
  });

  test('links of mails: confirming, setting a new password, setting up', async () => {
    const browser = new Browser(broker);
    const email = 'ben@example.org';
    await browser.submit('/sign-up', { userName: 'ben', email, password: PASSWORD });
    expect(kindsIn(await browser.openMail(email))).toEqual([CURRENT]);
    await browser.submit('/forgot', { identifier: 'ann' });
    expect(kindsIn(await browser.openMail(ann.person.email))).toEqual([['username', ...NEW]]);
    const token = await broker.app.get(SetupService).offer();
    const setup = await browser.open(`/setup?token=${token ?? ''}`);
    expect(kindsIn(setup)).toEqual([['username', 'email', ...NEW]]);
  });

  test('the code of a TV is a one-time code', async () => {
    expect((await ann.open('/pin')).input('pin')).toMatchObject({ autocomplete: 'one-time-code' });
  });
});
