import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Cookie } from 'playwright-core';
import { TestBroker } from '../support/broker.js';
import { signUp } from '../support/people.js';
import { TlsFront } from '../support/tls-front.js';
import { describeInChromium, launch } from './chromium.js';
import { PASSWORD } from './people.js';

describeInChromium('behind a proxy that speaks TLS, in Chromium', () => {
  let front: TlsFront;
  let broker: TestBroker;
  let browser: Browser;
  beforeAll(async () => {
    front = await TlsFront.start();
    const settings = { PUBLIC_URL: front.url, TRUST_PROXY: '127.0.0.1', ANTI_ROBOT: 'off' };
    [browser, broker] = await Promise.all([launch(), TestBroker.start(settings)]);
    front.target = broker.url;
  });
  afterAll(async () => {
    await browser.close();
    await front.stop();
    await broker.remove();
  });

  const cookies = async (context: BrowserContext): Promise<Cookie[]> =>
    (await context.cookies()).sort((one, other) => one.name.localeCompare(other.name));

  test('cookies are tied to this very host, https is promised, and a person signs in and out (S-10, S-111)', async () => {
    const { userName } = await signUp(broker, 'ann');
    // Nobody has signed the certificate.
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const opened = await page.goto(`${front.url}/sign-in`);
    expect(opened?.headers()['strict-transport-security']).toBe('max-age=31536000');
    await page.fill('#identifier', userName);
    await page.fill('#password', PASSWORD);
    await page.getByLabel('Stay signed in').check();
    await Promise.all([page.waitForURL('**/servers'), page.getByRole('button', { name: 'Sign in' }).click()]);
    const flags = { secure: true, httpOnly: true, sameSite: 'Lax', path: '/', domain: 'localhost' };
    expect(await cookies(context)).toMatchObject([
      { name: '__Host-device', ...flags },
      { name: '__Host-form', ...flags },
      { name: '__Host-sid', ...flags },
    ]);
    await Promise.all([
      page.waitForURL(`${front.url}/`),
      page.getByRole('button', { name: 'Sign out' }).click(),
    ]);
    expect((await cookies(context)).map(({ name }) => name)).toEqual(['__Host-device', '__Host-form']);
    await context.close();
  });
});
