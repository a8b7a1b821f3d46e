import { test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { TestBroker } from '../support/broker.js';
import { Device } from '../simulator/device.js';
import { MediaServer } from '../simulator/media-server.js';
import { signUp, PASSWORD } from '../support/people.js';

test('shots', async () => {
  const broker = await TestBroker.start({ ANTI_ROBOT: 'off' });
  const me = await signUp(broker, 'marion.vandenberg');
  const make = async (name: string, systemId?: string, guest = false): Promise<MediaServer> => {
    const s = new MediaServer({
      broker: broker.url,
      name,
      url: 'https://media.example.org:8920',
      localAddress: 'http://192.168.1.20:8096',
      ...(systemId ? { systemId } : {}),
    });
    await s.start();
    s.addUser('local');
    if (guest) {
      const host = await signUp(broker, `host${name.length}`);
      await s.linkUser('local', host.email);
      const hd = new Device({ broker: broker.url });
      await hd.signIn(host.userName, PASSWORD);
      await hd.accept(s.registration!.id);
      await s.inviteGuest(me.email, 'local');
    } else await s.linkUser('local', me.email);
    return s;
  };
  const phone = new Device({
    broker: broker.url,
    app: { name: 'Theater', version: '3' },
    deviceId: 'Living room',
  });
  await phone.signIn(me.userName, PASSWORD);
  const a = await make('Attic');
  await phone.accept(a.registration!.id);
  broker.clock.advance(3 * 86_400_000);
  const g = await make(
    'The-very-long-name-of-a-server-that-somebody-chose-in-one-go',
    undefined,
    true,
  );
  await phone.accept(g.registration!.id);
  await make('Cellar');
  await make('Attic (new disk)', a.systemId);
  const empty = await signUp(broker, 'newcomer');
  broker.clock.advance(3_600_000 * 2);
  const b = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  for (const [width, scheme] of [
    [390, 'light'],
    [1280, 'dark'],
    [1280, 'light'],
    [320, 'dark'],
  ] as const) {
    const c = await b.newContext({ viewport: { width, height: 844 }, colorScheme: scheme });
    const p = await c.newPage();
    p.on('console', (m) => console.log(m.type(), m.text()));
    p.on('pageerror', (m) => console.log('ERR', m.message));
    const shot = async (name: string): Promise<void> => {
      const overflow = await p.evaluate('document.documentElement.scrollWidth - innerWidth');
      if (Number(overflow) > 0) console.log('OVERFLOW', name, width, overflow);
      await p.screenshot({ path: `/tmp/shots/${name}-${width}-${scheme}.png`, fullPage: true });
    };
    const signIn = async (user: string): Promise<void> => {
      await p.goto(broker.url + '/sign-in');
      await p.fill('[name=identifier]', user);
      await p.fill('[name=password]', PASSWORD);
      await p.click('main button[type=submit]');
    };
    await signIn(me.userName);
    await p.locator('summary').first().click();
    await shot('servers');
    await p.locator('a[href*="/servers/leave"]').last().click();
    await shot('leave');
    await p.goto(broker.url + '/invitations');
    await shot('invitations');
    await p.locator('a[href*="replace"]').first().click();
    await shot('replace');
    await p.goto(broker.url + '/invitations');
    await p.locator('a[href*="block"]').first().click();
    await shot('block');
    const pin = await new Device({
      broker: broker.url,
      deviceId: 'Bedroom',
      app: { name: 'Theater', version: '3' },
    }).createPin();
    await p.goto(broker.url + '/pin?pin=' + pin.pin);
    await shot('pin');
    await p.click('main button[type=submit]');
    await shot('pin-check');
    await p.click('main button[type=submit]');
    await shot('pin-done');
    for (const [n, path] of [
      ['devices', '/devices'],
      ['end-others', '/devices/end-others'],
      ['profile', '/profile?done=findable-changed'],
      ['activity', '/profile/activity'],
      ['email', '/profile/email'],
      ['password', '/profile/password'],
      ['export', '/profile/export'],
      ['delete', '/profile/delete'],
    ] as const) {
      await p.goto(broker.url + path);
      await shot(n);
    }
    await p.click('main button[type=submit]');
    await p.context().clearCookies();
    await signIn(empty.userName);
    await shot('empty');
    await c.close();
  }
  await b.close();
  await broker.remove();
}, 120_000);
