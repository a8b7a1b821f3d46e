import { describe, expect, test } from '@jest/globals';
import { PinGuesses } from '../../src/features/pins/pin-guesses.service.js';
import type { AccountId } from '../../src/shared/ids.js';
import { CookieBrowser } from '../pages/browser.js';
import { Device } from '../simulator/device.js';
import { MediaServer } from '../simulator/media-server.js';
import { signUp } from '../support/people.js';
import { inChromium, type Scene } from './chromium.js';
import { inspectPage } from './inspect-page.js';
import { PASSWORD, signIn } from './people.js';
import { WAYS, type Visitor } from './visitor.js';

const GUESSES = 4;
const MINUTE = 60_000;

/** Somebody elsewhere tries passwords until signing in from new places is stopped (S-22). */
async function guessFor({ broker }: Scene, userName: string, network: string): Promise<void> {
  for (let guess = 0; guess < GUESSES; guess += 1) {
    const guesser = new CookieBrowser(broker, { 'X-Forwarded-For': `${network}.${guess}` });
    await guesser.signIn(userName, 'not the right password');
  }
}

/** An admin invites somebody who has no account. */
async function inviteStranger({ broker }: Scene, admin: string, email: string): Promise<MediaServer> {
  const host = await signUp(broker, admin);
  const server = new MediaServer({ broker: broker.url, name: `Attic of ${admin}` });
  await server.start();
  try {
    server.addUser(admin);
    await server.linkUser(admin, host.email);
    const browser = new CookieBrowser(broker);
    await browser.submit('/invitations', (await browser.openMail(host.email)).filled({ answer: 'accept' }));
    await server.inviteGuest(email, admin);
    return server;
  } finally {
    await server.stop();
  }
}

/** 61 wrong PINs within a minute, each from a network and for an account of its own. */
async function guessPins({ broker }: Scene): Promise<void> {
  const guesses = broker.app.get(PinGuesses);
  for (let count = 0; count < 61; count += 1)
    await guesses.begin({ accountId: String(count) as AccountId, network: `n${count}`, isFresh: true });
}

const SETTINGS = {
  LIMITS: 'on',
  LIMIT_SIGN_IN_FAILURES_PER_ACCOUNT: String(GUESSES),
  TRUST_PROXY: '127.0.0.1',
  // Everybody here comes from one network.
  LIMIT_SIGN_UPS_PER_NETWORK_HOUR: '100',
  LIMIT_SIGN_UPS_PER_NETWORK_DAY: '100',
  LIMIT_SERVER_REGISTRATIONS_PER_NETWORK_HOUR: '100',
  LIMIT_SERVER_REGISTRATIONS_PER_NETWORK_DAY: '100',
};

inChromium('what begins in a mail', SETTINGS, (scene) => {
  describe.each(WAYS)('%s', (_, way) => {
    const called = (name: string): string => `${name}-${way.width}`;
    // Once is enough: it looks at the other width and colours as well.
    const inspect = async (visitor: Visitor): Promise<void> => {
      if (way.script) await inspectPage(visitor);
    };

    test('the mail to confirm an address is sent again, and only the new link works', async () => {
      const email = `${called('ann')}@example.org`;
      const visitor = await scene().visit(way);
      await visitor.open('/sign-up');
      await visitor.send({ userName: called('ann'), email, password: PASSWORD }, 'Sign up');
      const first = new URL((await scene().broker.mailbox.last(email)).link);
      await visitor.press('Send the mail again');
      expect(await visitor.heading()).toBe('Look in your mail');
      await inspect(visitor);
      expect(await visitor.open(first.pathname + first.search)).toBe(410);
      await inspect(visitor);
      await visitor.send({ email }, 'Send a new link');
      await visitor.openMail(email);
      await visitor.send({ password: PASSWORD }, 'Confirm');
      expect(await visitor.heading()).toBe('Welcome to Signpost');
    });

    test('signing in from new places, stopped after many guesses, is allowed again', async () => {
      const { userName, email } = await signUp(scene().broker, called('ben'));
      await guessFor(scene(), userName, way.script ? '203.0.113' : '198.51.100');
      const visitor = await scene().visit(way);
      await visitor.openMail(email);
      expect(await visitor.text()).toContain(userName);
      await inspect(visitor);
      await visitor.press('Allow signing in');
      expect(await visitor.heading()).toBe('You can sign in again');
      await inspect(visitor);
      await visitor.press('Sign in');
      await signIn(visitor, userName);
      expect(visitor.path).toBe('/servers');
    });

    test('somebody who was invited signs up with the address of the mail, and is in at once', async () => {
      const email = `${called('new')}@example.org`;
      const { name } = await inviteStranger(scene(), called('host'), email);
      const visitor = await scene().visit(way);
      await visitor.openMail(email);
      expect(await visitor.text()).toContain(name);
      expect(await visitor.field('email').inputValue()).toBe(email);
      expect(await visitor.field('email').isEditable()).toBe(false);
      await inspect(visitor);
      await visitor.send({ userName: called('new'), password: PASSWORD }, 'Sign up');
      expect(await visitor.heading()).toBe('Your account is ready');
      await inspect(visitor);
      await visitor.press('Sign in');
      await signIn(visitor, called('new'));
      expect(visitor.path).toBe('/servers');
    });

    test('while PINs are guessed all over, the password comes before the PIN (S-43)', async () => {
      const { broker } = scene();
      const { userName } = await signUp(broker, called('pia'));
      const tv = new Device({ broker: broker.url, deviceId: 'Bedroom' });
      const shown = await tv.createPin();
      const visitor = await scene().visit(way);
      await visitor.open(`/pin?pin=${shown.pin}`);
      await signIn(visitor, userName);
      broker.clock.advance(5 * MINUTE);
      await guessPins(scene());
      await visitor.send({ pin: shown.pin }, 'Continue');
      expect(await visitor.heading()).toBe('Your password first');
      await inspect(visitor);
      await visitor.send({ currentPassword: PASSWORD }, 'Continue');
      expect(await visitor.field('pin').inputValue()).toBe(shown.pin);
    });

    test('whoever wants no invitations stops them with one press', async () => {
      const email = `${called('tired')}@example.org`;
      await inviteStranger(scene(), called('pest'), email);
      const { text } = await scene().broker.mailbox.last(email);
      const [, path = ''] = /https?:\/\/[^/\s]+(\/stop\?\S+)/.exec(text) ?? [];
      const visitor = await scene().visit(way);
      await visitor.open(path);
      expect(await visitor.text()).toContain(email);
      await inspect(visitor);
      await visitor.press('Send no more');
      expect(await visitor.heading()).toBe('Noted');
      await inspect(visitor);
      await inviteStranger(scene(), called('pest-again'), email);
      expect(await scene().broker.mailbox.to(email)).toHaveLength(1);
      await visitor.press('To the front page');
      expect(visitor.path).toBe('/');
    });
  });
});
