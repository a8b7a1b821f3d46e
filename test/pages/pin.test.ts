import { expect, test } from '@jest/globals';
import { PinGuesses } from '../../src/features/pins/pin-guesses.service.js';
import type { AccountId } from '../../src/shared/ids.js';
import { ask } from '../connect/ask.js';
import { Device } from '../simulator/device.js';
import { eachBroker } from '../support/broker.js';
import { Browser, CookieBrowser, type Answer } from './browser.js';
import { PASSWORD, Resident } from './signed-in.js';

const MINUTE = 60_000;

eachBroker('linking a TV on the pages', {}, (broker) => {
  const tv = (name = 'Living Room'): Device => new Device({ broker: broker().url, deviceId: name });
  const resident = (name: string): Promise<Resident> => Resident.of(broker(), name);

  const check = async ({ browser }: Resident, pin: string): Promise<Answer> =>
    browser.submit('/pin', (await browser.open('/pin')).filled({ pin }));

  test('a signed-in person types the PIN, looks at the device, says yes', async () => {
    const ann = await resident('ann');
    const device = tv();
    const pin = await device.createPin();
    broker().clock.advance(42_000);
    const step = await check(ann, ` ${pin.pin.slice(0, 4).toLowerCase()}-${pin.pin.slice(4)} `);
    expect([step.status, step.heading]).toEqual([200, 'Is this your device?']);
    expect(step.text).toContain('signed in as ann');
    expect(step.text).toContain('Living Room');
    expect(step.text).toContain('Theater');
    expect(step.text).toContain('42 seconds ago');
    expect(step.text).toContain('the same as yours');
    expect(step.text).toContain('Did somebody send you this PIN');
    expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
    const done = await ann.browser.submit('/pin/confirm', step.filled());
    expect([done.status, done.headers.get('location')]).toEqual([303, '/pin?done=linked']);
    expect((await ann.open('/pin?done=linked')).heading).toBe('Done');
    expect((await device.pollPin(pin)).IsConfirmed).toBe(true);
    await device.exchangePin(pin);
    expect(await device.servers()).toEqual([]);
  });

  test('the form asks for nothing but the PIN, under each of its names', async () => {
    const { browser } = await resident('names');
    for (const path of ['/pin', '/pin.html', '/link', '/PIN', '/link/']) {
      const page = await browser.open(path);
      expect([page.status, page.heading]).toEqual([200, 'Link a TV']);
      expect(page.inputs().flatMap(({ type, name }) => (type === 'hidden' ? [] : [name]))).toEqual(['pin']);
      expect(page.input('pin')?.['autocomplete']).toBe('one-time-code');
    }
  });

  test.each(['/pin', '/pin.html', '/link'])(
    '%s leads strangers to signing in and back, with the PIN',
    async (path) => {
      const { pin } = await tv().createPin();
      const form = await new Browser(broker()).open(`${path}?pin=${pin}`);
      expect([form.heading, form.input('next')?.['value']]).toEqual(['Sign in', `/pin?pin=${pin}`]);
      const { person } = await resident(`via-${path.slice(1)}`);
      const signedIn = await new CookieBrowser(broker()).signIn(person.userName, PASSWORD, {
        next: `/pin?pin=${pin}`,
      });
      expect(signedIn.headers.get('location')).toBe(`/pin?pin=${pin}`);
    },
  );

  test('a link fills the PIN in, and confirms nothing', async () => {
    const { browser } = await resident('linked');
    const device = tv();
    const pin = await device.createPin();
    expect((await browser.open(`/pin?pin=${pin.pin}&done=x`)).input('pin')?.['value']).toBe(pin.pin);
    await browser.open(`/pin/confirm?pin=${pin.pin}`);
    expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
    const evil = await browser.open(`/pin?pin=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(evil.html).not.toContain('<script>alert');
    expect(evil.input('pin')?.['value']).toBe('"><script>alert(1)</script>');
  });

  test('wrong, expired and used PINs give one answer beside the field', async () => {
    const pat = await resident('pat');
    const [expired, used] = [await tv('one').createPin(), await tv('two').createPin()];
    await pat.browser.submit('/pin/confirm', (await check(pat, used.pin)).filled());
    broker().clock.advance(10 * MINUTE);
    for (const pin of [expired.pin, used.pin, 'BBBBBBBB', 'hello', '']) {
      const answer = await check(pat, pin);
      expect([answer.status, answer.heading]).toEqual([404, 'Link a TV']);
      expect(answer.described('pin')).toContain('wrong, used or too old');
    }
  });

  test('a PIN that got too old between the two steps lets nobody in', async () => {
    const slow = await resident('slow');
    const device = tv();
    const pin = await device.createPin();
    const step = await check(slow, pin.pin);
    broker().clock.advance(10 * MINUTE);
    const late = await slow.browser.submit('/pin/confirm', step.filled());
    expect(late.status).toBe(404);
    expect(late.text).toContain('look at your device');
    expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
  });

  test('nothing is confirmed without the token of the form (S-113)', async () => {
    const [owner, other] = [await resident('owner'), await resident('other')];
    const device = tv();
    const pin = await device.createPin();
    const foreign = (await check(other, pin.pin)).input('formToken')?.['value'] ?? '';
    for (const formToken of ['', 'x', foreign]) {
      const answer = await owner.browser.submit('/pin/confirm', { pin: pin.pin, formToken });
      expect(answer.status).toBe(403);
    }
    expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
  });

  test('two clicks confirm once, and frighten nobody; somebody else is refused', async () => {
    const [double, late] = [await resident('double'), await resident('late')];
    const device = tv();
    const pin = await device.createPin();
    const [step, other] = [await check(double, pin.pin), await check(late, pin.pin)];
    const answers = await Promise.all([1, 2].map(() => double.browser.submit('/pin/confirm', step.filled())));
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect((await late.browser.submit('/pin/confirm', other.filled())).status).toBe(404);
    const { text } = await double.open('/profile/activity');
    expect(text.match(/let in by PIN/g)).toHaveLength(1);
    expect((await device.pollPin(pin)).IsConfirmed).toBe(true);
  });

  test('names of apps and devices are text, on one line, whatever they hold', async () => {
    const app = { name: '<img src=x onerror=alert(1)>', version: '1' };
    const hostile = `"'><script>alert(2)</script>\u202Egpj.exe ${'x'.repeat(150)}`;
    const pin = await new Device({ broker: broker().url, app, deviceId: hostile }).createPin();
    const step = await check(await resident('xss'), pin.pin);
    expect(step.status).toBe(200);
    expect(step.html).not.toMatch(/<script>|<img src=x|\u202e/);
    expect(step.text).toContain('<img src=x onerror=alert(1)>');
    expect(step.text).toContain('<script>alert(2)</script>');
    expect(step.text).not.toContain('x'.repeat(64));
  });
});

eachBroker('where the device is (S-44)', { TRUST_PROXY: '127.0.0.1' }, (broker) => {
  test.each([
    ['127.0.0.1', 'the same as yours', false],
    ['127.0.0.9', 'next to yours (127.0.0.0/24)', false],
    ['198.51.100.7', 'another one than yours (198.51.100.0/24)', true],
    ['2001:db8:7:8::9', 'another one than yours (2001:db8:7::/48)', true],
  ])('%s is shown as %s', async (from, words, isWarned) => {
    const { browser } = await Resident.of(broker(), `at-${from.replaceAll(/[.:]/g, '')}`);
    const made = await ask(broker(), 'POST', 'pin', { form: { deviceId: 'tv' }, from });
    const form = (await browser.open('/pin')).filled({ pin: made.field('Pin') });
    const { text } = await browser.submit('/pin', form);
    expect(text).toContain(words);
    expect(text.includes('on another network')).toBe(isWarned);
    expect(text).not.toContain('198.51.100.7');
  });
});

eachBroker('linking a TV with limits on', { LIMITS: 'on' }, (broker) => {
  test('after five wrong PINs the page says when to come back', async () => {
    const { browser } = await Resident.of(broker(), 'guesser');
    const guess = (await browser.open('/pin')).filled({ pin: 'BBBBBBBB' });
    for (let tries = 0; tries < 5; tries += 1) await browser.submit('/pin', guess);
    const answer = await browser.submit('/pin', guess);
    expect([answer.status, answer.heading]).toEqual([429, 'Too many tries']);
    expect(answer.text).toMatch(/Wait \d+ minutes?, then try again/);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});

eachBroker(
  'linking a TV while PINs are guessed at all over the broker (S-43)',
  { LIMITS: 'on', TRUST_PROXY: '127.0.0.1', LIMIT_SIGN_UPS_PER_NETWORK_HOUR: '100' },
  (broker) => {
    const tv = (): Device => new Device({ broker: broker().url, deviceId: 'tv' });
    const resident = (name: string): Promise<Resident> => Resident.of(broker(), name);

    /** 61 wrong PINs within a minute, each from a network and for an account of its own. */
    const raiseGuard = async (): Promise<void> => {
      const guesses = broker().app.get(PinGuesses);
      for (let count = 0; count < 61; count += 1) {
        await guesses.begin({ accountId: String(count) as AccountId, network: `n${count}`, isFresh: true });
      }
    };

    test('the password comes first, then the PIN that was typed works; a fresh one need not be given again', async () => {
      const ann = await resident('guarded-ann');
      const device = tv();
      const pin = await device.createPin();
      broker().clock.advance(5 * MINUTE);
      const before = await ann.open('/pin');
      await raiseGuard();
      const asked = await ann.browser.submit('/pin', before.filled({ pin: pin.pin }));
      expect([asked.status, asked.heading]).toEqual([429, 'Your password first']);
      expect(Number(asked.headers.get('retry-after'))).toBeGreaterThan(400);
      expect(asked.input('pin')).toMatchObject({ type: 'hidden', value: pin.pin });
      const wrong = await ann.browser.submit('/pin/password', asked.filled({ currentPassword: 'no' }));
      expect([wrong.status, wrong.heading]).toEqual([403, 'Your password first']);
      expect(wrong.described('currentPassword')).toContain('not your password');
      const session = ann.browser.cookies.get('sid');
      const given = await ann.browser.submit('/pin/password', wrong.filled({ currentPassword: PASSWORD }));
      expect([given.status, given.headers.get('location')]).toEqual([303, `/pin?pin=${pin.pin}`]);
      expect(ann.browser.cookies.get('sid')).not.toBe(session);
      const form = await ann.open(`/pin?pin=${pin.pin}`);
      expect(form.heading).toBe('Link a TV');
      const step = await ann.browser.submit('/pin', form.filled());
      expect(step.heading).toBe('Is this your device?');
      expect((await ann.browser.submit('/pin/confirm', step.filled())).status).toBe(303);
      expect((await device.pollPin(pin)).IsConfirmed).toBe(true);
      broker().clock.advance(10 * MINUTE);
    });

    test('neither step is done without it, and the page asks before a PIN is typed', async () => {
      const bob = await resident('guarded-bob');
      broker().clock.advance(5 * MINUTE);
      const device = tv();
      const pin = await device.createPin();
      const step = await bob.browser.submit('/pin', (await bob.open('/pin')).filled({ pin: pin.pin }));
      await raiseGuard();
      expect((await bob.browser.submit('/pin/confirm', step.filled())).heading).toBe('Your password first');
      expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
      const page = await bob.open(`/pin?pin=${pin.pin}`);
      expect([page.status, page.heading]).toEqual([200, 'Your password first']);
      expect(page.input('pin')?.['value']).toBe(pin.pin);
      broker().clock.advance(10 * MINUTE);
      expect((await bob.open('/pin')).heading).toBe('Link a TV');
    });

    test('whoever has just signed in is not asked', async () => {
      await raiseGuard();
      const cid = await resident('guarded-cid');
      const pin = await tv().createPin();
      const step = await cid.browser.submit('/pin', (await cid.open('/pin')).filled({ pin: pin.pin }));
      expect(step.heading).toBe('Is this your device?');
      expect((await cid.browser.submit('/pin/confirm', step.filled())).status).toBe(303);
      broker().clock.advance(10 * MINUTE);
    });

    test('the limits of each account and the token of the form hold all the same', async () => {
      await raiseGuard();
      const dee = await resident('guarded-dee');
      const form = (await dee.open('/pin')).filled({ pin: 'BBBBBBBB' });
      for (let tries = 0; tries < 5; tries += 1) {
        expect((await dee.browser.submit('/pin', form)).status).toBe(404);
      }
      expect((await dee.browser.submit('/pin', form)).heading).toBe('Too many tries');
      const bare = { pin: 'BBBBBBBB', currentPassword: PASSWORD };
      expect((await dee.browser.submit('/pin/password', bare)).status).toBe(403);
    });
  },
);
