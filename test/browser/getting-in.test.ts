import { describe, expect, test } from '@jest/globals';
import { SetupService } from '../../src/features/accounts/index.js';
import { signUp } from '../support/people.js';
import { inChromium } from './chromium.js';
import { inspectPage } from './inspect-page.js';
import { PASSWORD, signIn } from './people.js';
import { PHONE, WAYS } from './visitor.js';

const OTHER_PASSWORD = 'seven small boats at the quay';

inChromium('getting in', {}, (scene) => {
  describe.each(WAYS)('%s', (_, way) => {
    const called = (name: string): string => `${name}-${way.width}`;

    test('a person signs up, opens the mail, confirms, signs in', async () => {
      const [userName, email] = [called('ann'), `${called('ann')}@example.org`];
      const visitor = await scene().visit(way);
      expect(await visitor.open('/')).toBe(200);
      await inspectPage(visitor);
      await visitor.press('Sign up');
      await inspectPage(visitor);
      await visitor.send({ userName, email, password: PASSWORD }, 'Sign up');
      expect(await visitor.heading()).toBe('Look in your mail');
      expect(await visitor.text()).toContain(email);
      await inspectPage(visitor);
      await visitor.openMail(email);
      await inspectPage(visitor);
      await visitor.send({ password: PASSWORD }, 'Confirm');
      expect(await visitor.text()).toContain('Your address is confirmed');
      await inspectPage(visitor);
      await visitor.press('Sign in');
      await inspectPage(visitor);
      await signIn(visitor, userName);
      expect([visitor.path, await visitor.heading()]).toEqual(['/servers', 'Your servers']);
      await visitor.open('/');
      expect(visitor.path).toBe('/servers');
    });

    test('a form with mistakes comes back, says what is wrong and loses nothing', async () => {
      await signUp(scene().broker, called('taken'));
      const visitor = await scene().visit(way);
      await visitor.open('/sign-up');
      const email = `${called('mia')}@example.org`;
      await visitor.send({ userName: called('taken'), email, password: PASSWORD }, 'Sign up');
      expect(await visitor.text()).toContain('This user name is taken');
      expect(await visitor.page.title()).toMatch(/^Please check/);
      expect(await visitor.field('email').inputValue()).toBe(email);
      expect(await visitor.field('password').inputValue()).toBe('');
      await inspectPage(visitor);
      await visitor.send({ userName: called('mia'), password: 'passwordpassword' }, 'Sign up');
      expect(await visitor.text()).toContain('Choose another one');
      await visitor.send({ password: PASSWORD }, 'Sign up');
      expect(await visitor.heading()).toBe('Look in your mail');
    });

    test('a wrong password is told, and the right one goes on to where the person was going', async () => {
      const { userName } = await signUp(scene().broker, called('ben'));
      const visitor = await scene().visit(way);
      await visitor.open('/devices');
      expect(visitor.path).toBe('/sign-in?next=%2Fdevices');
      await visitor.send({ identifier: userName, password: 'not the right one' }, 'Sign in');
      expect(await visitor.text()).toContain('is wrong');
      expect(await visitor.field('identifier').inputValue()).toBe(userName);
      await inspectPage(visitor);
      await signIn(visitor, userName);
      expect(visitor.path).toBe('/devices');
    });

    test('a forgotten password is replaced by a link in a mail, once', async () => {
      const { userName, email } = await signUp(scene().broker, called('kim'));
      const visitor = await scene().visit(way);
      await visitor.open('/sign-in');
      await visitor.press('I have forgotten my password');
      await inspectPage(visitor);
      await visitor.send({ identifier: email }, 'Send the link');
      expect(await visitor.heading()).toBe('Look in your mail');
      await inspectPage(visitor);
      await visitor.openMail(email);
      const link = visitor.path;
      await inspectPage(visitor);
      const again = { newPassword: OTHER_PASSWORD, newPasswordAgain: OTHER_PASSWORD };
      await visitor.send({ ...again, newPasswordAgain: 'something else entirely' }, 'Set the password');
      expect(await visitor.text()).toContain('The two passwords are not the same');
      await visitor.send(again, 'Set the password');
      expect(await visitor.heading()).toBe('Your new password is set');
      await inspectPage(visitor);
      await visitor.press('Sign in');
      await signIn(visitor, userName, OTHER_PASSWORD);
      expect(visitor.path).toBe('/servers');
      expect(await visitor.open(link)).toBe(410);
      await inspectPage(visitor);
    });

    test('an unknown name is answered like a known one', async () => {
      const visitor = await scene().visit(way);
      await visitor.open('/forgot');
      await visitor.send({ identifier: called('nobody') }, 'Send the link');
      expect(await visitor.heading()).toBe('Look in your mail');
    });

    test('pages that are not there, and links that are spent, show a way on', async () => {
      const visitor = await scene().visit(way);
      expect(await visitor.open('/nowhere')).toBe(404);
      await inspectPage(visitor);
      await visitor.press('To the front page');
      expect(visitor.path).toBe('/');
      for (const path of [
        '/confirm?token=old',
        '/reset?token=old',
        '/invitations?token=old',
        '/setup?token=old',
      ]) {
        expect([path, await visitor.open(path)]).toEqual([path, 410]);
      }
    });
  });

  test('while a new password is typed, what is said takes the place of the hint, and nothing moves', async () => {
    const visitor = await scene().visit(PHONE);
    await visitor.open('/sign-up');
    const button = visitor.page.getByRole('button', { name: 'Sign up' });
    const before = await button.boundingBox();
    await visitor.fill({ password: 'short' });
    await visitor.page.getByText('7 more characters').waitFor();
    expect(await visitor.page.locator('#password-hint').isVisible()).toBe(false);
    expect(await button.boundingBox()).toEqual(before);
    await visitor.fill({ password: '' });
    await visitor.page.locator('#password-hint').waitFor();
  });

  test('the link on the console makes the account of the operator, once', async () => {
    const token = await scene().broker.app.get(SetupService).offer();
    const visitor = await scene().visit(PHONE);
    await visitor.open(`/setup?token=${token ?? ''}`);
    await inspectPage(visitor);
    const [userName, email] = ['root', 'root@example.org'];
    await visitor.send(
      { userName, email, password: PASSWORD, newPasswordAgain: PASSWORD },
      'Create the account',
    );
    expect(await visitor.heading()).toBe('This Signpost is yours');
    await inspectPage(visitor);
    await signIn(visitor, userName);
    expect(await visitor.open(`/setup?token=${token ?? ''}`)).toBe(410);
  });
});
