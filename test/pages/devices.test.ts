import { expect, test } from '@jest/globals';
import { AppSignIns } from '../../src/features/oauth/index.js';
import type { AccountId } from '../../src/shared/ids.js';
import { letIn } from '../support/app-tokens.js';
import { eachBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { CookieBrowser, type Answer } from './browser.js';
import { PASSWORD, Resident } from './signed-in.js';

eachBroker('what is signed in to an account', {}, (broker) => {
  const resident = (name: string): Promise<Resident> => Resident.of(broker(), name);
  const idOn = (page: Answer, name: string): string => page.input(name)?.['value'] ?? '';

  test('apps and browsers are listed to the hour, this browser marked', async () => {
    const ann = await resident('ann');
    await ann.device();
    broker().clock.advance(50 * 60_000);
    const page = await ann.open('/devices');
    for (const words of ['Theater 3', 'this browser', 'your network', 'less than an hour ago']) {
      expect(page.text).toContain(words);
    }
    expect(page.input('browser')).toBeUndefined();
    expect(page.text).not.toContain('50 minutes');
  });

  test('a browser may call itself whatever it likes: it is text', async () => {
    const eve = await resident('eve');
    await new CookieBrowser(broker(), { 'User-Agent': '<script>alert(1)</script>' }).signIn('eve', PASSWORD);
    for (const path of ['/devices', '/profile/activity']) {
      const page = await eve.open(path);
      expect(page.text).toContain('<script>alert(1)</script>');
      expect(page.html).not.toContain('<script>');
    }
  });

  test('when it was used is said only where it says something new', async () => {
    const flo = await resident('flo');
    const device = await flo.device();
    expect((await flo.open('/devices')).text).not.toContain('Last used');
    broker().clock.advance(40 * 60_000);
    await flo.open('/devices');
    broker().clock.advance(40 * 60_000);
    await device.servers();
    // The stamp is written beside the answer.
    await eventually(async () => {
      const page = await flo.open('/devices');
      expect(page.text).toContain('Signed in 1 hour ago from your network Last used less than an hour ago');
    });
  });

  test('an app that is ended is out at once', async () => {
    const bob = await resident('bob');
    const device = await bob.device();
    const id = idOn(await bob.open('/devices'), 'device');
    const done = await bob.send('/devices/end-device', { device: id });
    expect(done.headers.get('location')).toBe('/devices?done=ended');
    await expect(device.servers()).rejects.toMatchObject({ status: 401 });
    expect((await bob.send('/devices/end-device', { device: id })).status).toBe(404);
  });

  test('an app that was let in through OAuth is listed, and ended by its owner alone', async () => {
    const [eva, other] = [await resident('eva'), await resident('other-eva')];
    const { id } = await letIn(broker(), eva.person.id as AccountId, ['servers:read'], 'Kitchen');
    const page = await eva.open('/devices');
    expect([page.text, page.input('app')?.['value']]).toEqual([expect.stringContaining('Kitchen'), id]);
    expect((await other.send('/devices/end-app', { app: id })).status).toBe(404);
    const apps = broker().app.get(AppSignIns);
    expect(await apps.find(id)).not.toBeNull();
    expect((await eva.browser.submit('/devices/end-app', { app: id })).status).toBe(403);
    const done = await eva.send('/devices/end-app', { app: id });
    expect(done.headers.get('location')).toBe('/devices?done=ended');
    expect(await apps.find(id)).toBeNull();
  });

  test('another browser that is ended is out at once; one that idled too long is not listed', async () => {
    const cid = await resident('cid');
    const other = new CookieBrowser(broker());
    await other.signIn('cid', PASSWORD);
    const browser = idOn(await cid.open('/devices'), 'browser');
    expect((await cid.send('/devices/end-browser', { browser })).status).toBe(303);
    expect((await other.open('/servers')).status).toBe(303);
    await other.signIn('cid', PASSWORD);
    for (let minutes = 0; minutes < 90; minutes += 30) {
      broker().clock.advance(30 * 60_000);
      await cid.open('/devices');
    }
    expect((await cid.open('/devices')).input('browser')).toBeUndefined();
  });

  test('ending all others asks for the password, keeps this browser under a new token, and is remembered', async () => {
    const dee = await resident('dee');
    const device = await dee.device();
    const other = new CookieBrowser(broker());
    await other.signIn('dee', PASSWORD);
    const before = dee.browser.cookies.get('sid');
    const wrong = await dee.send('/devices/end-others', { currentPassword: 'not this one' });
    expect(wrong.status).toBe(403);
    expect(wrong.described('currentPassword')).toContain('not your password');
    expect(await device.servers()).toEqual([]);
    const done = await dee.send('/devices/end-others', { currentPassword: PASSWORD });
    expect(done.headers.get('location')).toBe('/devices?done=others-ended');
    expect(dee.browser.cookies.get('sid')).not.toBe(before);
    await expect(device.servers()).rejects.toMatchObject({ status: 401 });
    expect((await other.open('/servers')).status).toBe(303);
    expect((await dee.open('/devices?done=others-ended')).text).toContain('Everything else is signed out');
    expect((await dee.open('/profile/activity')).text).toContain('Everything signed out but one browser');
  });

  test('nobody ends for somebody else, or without the token of the form (S-61, S-113)', async () => {
    const [owner, other] = [await resident('owner'), await resident('other')];
    const device = await owner.device();
    const second = new CookieBrowser(broker());
    await second.signIn('owner', PASSWORD);
    const page = await owner.open('/devices');
    const targets = [
      ['/devices/end-device', { device: idOn(page, 'device') }],
      ['/devices/end-browser', { browser: idOn(page, 'browser') }],
    ] as const;
    for (const [path, fields] of targets) {
      expect((await other.send(path, fields)).status).toBe(404);
      expect((await owner.browser.submit(path, fields)).status).toBe(403);
    }
    const password = { currentPassword: PASSWORD };
    expect((await owner.browser.submit('/devices/end-others', password)).status).toBe(403);
    expect((await other.send('/devices/end-others', password)).status).toBe(303);
    expect(await device.servers()).toEqual([]);
    expect((await second.open('/servers')).status).toBe(200);
  });
});
