import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Device } from '../simulator/device.js';
import { MediaServer } from '../simulator/media-server.js';
import { eventually } from '../support/eventually.js';
import { signUp } from '../support/people.js';
import { inChromium, launchWhole } from './chromium.js';
import { overflows } from './inspect-page.js';
import { PASSWORD, signIn } from './people.js';
import { KEPT, NOTHING } from './tab.js';
import { LAPTOP_WITHOUT_SCRIPT, PHONE, WAYS } from './visitor.js';

/** As long as names may be, and nowhere to break. */
const EVIL = `<img/src=x/onerror=document.title='pwned'>`.padEnd(63, 'W');
const LONG_URL = `https://${'w'.repeat(63)}.${'w'.repeat(63)}.example:8920/${'w'.repeat(150)}`;

inChromium('safety', {}, (scene) => {
  const servers: MediaServer[] = [];
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  test('the session is a cookie that no script reads; nothing else is stored', async () => {
    const { userName } = await signUp(scene().broker, 'ann');
    const visitor = await scene().visit(PHONE);
    await visitor.open('/sign-in');
    await visitor.send({ identifier: userName, password: PASSWORD }, 'Sign in');
    expect(await visitor.look(KEPT)).toEqual(NOTHING);
    const [sid] = (await visitor.context.cookies()).filter(({ name }) => name === 'sid');
    // Without "Secure" and the prefix "__Host-" only because this broker speaks plain http on loopback (S-10).
    expect(sid).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', expires: -1 });
    expect(sid?.value.length).toBeGreaterThanOrEqual(43);
  });

  test('"stay signed in" outlives the browser, for at most 30 days; the id is new at every sign-in', async () => {
    const { userName } = await signUp(scene().broker, 'stay');
    const visitor = await scene().visit(PHONE);
    const planted = 'a'.repeat(64);
    await visitor.context.addCookies([{ name: 'sid', value: planted, url: scene().broker.url }]);
    await visitor.open('/sign-in');
    await visitor.page.getByLabel('Stay signed in').check();
    await visitor.send({ identifier: userName, password: PASSWORD }, 'Sign in');
    const [sid] = (await visitor.context.cookies()).filter(({ name }) => name === 'sid');
    const days = ((sid?.expires ?? 0) - Date.now() / 1_000) / 86_400;
    expect(days).toBeGreaterThan(13);
    expect(days).toBeLessThanOrEqual(30);
    expect(sid?.value).not.toBe(planted);
  });

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/servers/../..//evil.example',
    'javascript:document.title=1',
    '/sign-out',
    '/servers@evil.example',
  ])('signing in never leads to %s', async (next) => {
    const { userName } = await signUp(
      scene().broker,
      `next-${Buffer.from(next).toString('hex').slice(0, 24)}`,
    );
    const visitor = await scene().visit(LAPTOP_WITHOUT_SCRIPT);
    await visitor.open(`/sign-in?next=${encodeURIComponent(next)}`);
    await visitor.send({ identifier: userName, password: PASSWORD }, 'Sign in');
    expect(visitor.page.url()).toBe(`${scene().broker.url}/servers`);
  });

  test('names from outside are shown as they are, run nothing and break no page, however long', async () => {
    const person = await signUp(scene().broker, 'x'.repeat(32), 'xss@example.org');
    const systemId = 'abcdef0123456789abcdef0123456789';
    const ask = async (name: string): Promise<void> => {
      const server = new MediaServer({ broker: scene().broker.url, name, systemId, url: LONG_URL });
      servers.push(server);
      await server.start();
      server.addUser('local');
      await server.linkUser('local', person.email);
    };
    const app = { name: EVIL, version: '1' };
    const tv = new Device({ broker: scene().broker.url, deviceId: EVIL, app });
    const pin = await tv.createPin();
    const visitor = await scene().visit(PHONE);
    const look = async (): Promise<void> => {
      expect(await visitor.text()).toContain('<img/src=x');
      expect(await visitor.page.title()).not.toBe('pwned');
      expect(await visitor.page.locator('main img').count()).toBe(0);
      expect([visitor.path, await overflows(visitor)]).toEqual([visitor.path, []]);
    };
    await ask(EVIL);
    await visitor.openMail(person.email);
    await look();
    await visitor.press('Accept');
    await look();
    await signIn(visitor, person.userName);
    await look();
    for (const link of [/^QR code/, /^Leave/]) {
      await visitor.press(link);
      await look();
      await visitor.open('/servers');
    }
    await ask(`${EVIL}2`);
    for (const path of ['/invitations', '/pin']) {
      await visitor.open(path);
      if (path === '/pin') await visitor.send({ pin: pin.pin }, 'Continue');
      await look();
    }
    await visitor.press('Sign this device in');
    await tv.exchangePin(pin);
    for (const link of [/^Replace/, /^Block/]) {
      await visitor.open('/invitations');
      await visitor.press(link);
      await look();
    }
    for (const path of ['/devices', '/profile/activity']) {
      await visitor.open(path);
      await look();
    }
    await visitor.open(`/pin?pin=${encodeURIComponent(EVIL)}`);
    expect(await visitor.page.locator('main img').count()).toBe(0);
  });

  describe('from another site', () => {
    let foreign: Server;
    let foreignUrl = '';
    beforeAll(async () => {
      foreign = createServer((request, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end(
          request.url === '/frame'
            ? `<!doctype html><iframe src="${scene().broker.url}/sign-in"></iframe>`
            : `<!doctype html><form method="post" action="${scene().broker.url}/sign-out"><button>Go</button></form>`,
        );
      });
      await new Promise<void>((resolve) => void foreign.listen(0, '127.0.0.1', resolve));
      // Another name for the same machine: another site.
      foreignUrl = `http://localhost:${(foreign.address() as AddressInfo).port}`;
    });
    afterAll(() => {
      foreign.closeAllConnections();
      foreign.close();
    });

    test('pages refuse to be framed', async () => {
      const visitor = await scene().visit(PHONE);
      await visitor.page.goto(`${foreignUrl}/frame`);
      await eventually(() => {
        const frame = visitor.page.frames().find((one) => one !== visitor.page.mainFrame());
        expect(frame?.url()).toBe('chrome-error://chromewebdata/');
        expect(visitor.findings.join()).toContain('frame-ancestors');
      });
      visitor.findings.length = 0;
    });

    test('a form changes nothing', async () => {
      const { userName } = await signUp(scene().broker, 'cross');
      const visitor = await scene().visit(PHONE);
      await signIn(visitor, userName);
      await visitor.page.goto(foreignUrl);
      await visitor.press('Go');
      visitor.findings.length = 0;
      await visitor.open('/servers');
      expect(visitor.path).toBe('/servers');
    });
  });

  describe('the keyboard alone', () => {
    test('signs a person in', async () => {
      const { userName } = await signUp(scene().broker, 'key');
      const visitor = await scene().visit(PHONE);
      await visitor.open('/sign-in');
      await visitor.tabTo(visitor.field('identifier'));
      await visitor.page.keyboard.type(userName);
      await visitor.tabTo(visitor.field('password'));
      await visitor.page.keyboard.type(PASSWORD);
      await visitor.pressByKey('Enter');
      expect(visitor.path).toBe('/servers');
    });

    test('skips to the content, and accepts an invitation', async () => {
      const person = await signUp(scene().broker, 'inv');
      const server = new MediaServer({ broker: scene().broker.url, name: 'Attic' });
      await server.start();
      server.addUser('local');
      await server.linkUser('local', person.email);
      const visitor = await scene().visit(PHONE);
      await visitor.openMail(person.email);
      await visitor.page.keyboard.press('Tab');
      await visitor.page.keyboard.press('Enter');
      expect(new URL(visitor.page.url()).hash).toBe('#main');
      await visitor.tabTo(visitor.page.getByRole('button', { name: 'Accept' }));
      await visitor.pressByKey('Space');
      expect(await visitor.heading()).toBe('You are in');
      await server.stop();
    });

    test('lands on what was wrong when a form comes back', async () => {
      const visitor = await scene().visit(PHONE);
      await visitor.open('/sign-in');
      await visitor.fill({ identifier: 'nobody', password: 'not the right one' });
      await visitor.pressByKey('Enter');
      // A browser gives the focus once it draws, which may be after the page has been loaded.
      await visitor.page.locator('[role="alert"]:focus').waitFor();
    });
  });
});

inChromium(
  'going back',
  {},
  (scene) => {
    test.each(WAYS)('after signing out, Back shows nothing (%s)', async (_, way) => {
      const { userName } = await signUp(scene().broker, `back-${way.width}`);
      const visitor = await scene().visit(way);
      await signIn(visitor, userName);
      await visitor.press('Profile');
      expect(await visitor.text()).toContain(userName);
      await visitor.press('Sign out');
      expect(visitor.path).toBe('/');
      expect((await visitor.context.cookies()).filter(({ name }) => name === 'sid')).toEqual([]);
      for (const back of [1, 2]) {
        await visitor.page.goBack();
        expect([back, await visitor.text()]).toEqual([back, expect.not.stringContaining(userName)]);
        expect(visitor.path).toContain('/sign-in');
      }
    });
  },
  launchWhole,
);
