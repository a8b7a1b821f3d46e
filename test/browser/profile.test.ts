import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Device } from '../simulator/device.js';
import type { Person } from '../support/people.js';
import { inChromium } from './chromium.js';
import { inspectPage } from './inspect-page.js';
import { arriveSignedIn, member, PASSWORD, signIn } from './people.js';
import { WAYS, type Visitor } from './visitor.js';

const OTHER_PASSWORD = 'seven small boats at the quay';

inChromium('profile', {}, (scene) => {
  describe.each(WAYS)('%s', (_, way) => {
    const called = (name: string): string => `${name}-${way.width}`;
    const arrive = async (name: string): Promise<[Visitor, Person]> => {
      const person = await member(scene().broker, called(name));
      const visitor = await scene().visit(way);
      await arriveSignedIn(visitor, person, '/profile');
      return [visitor, person];
    };

    test('the password is changed: other sign-ins end, this one goes on, a mail tells', async () => {
      const [visitor, { userName, email }] = await arrive('ann');
      const phone = new Device({ broker: scene().broker.url });
      await phone.signIn(userName, PASSWORD);
      expect(await visitor.text()).toContain(userName);
      await inspectPage(visitor);
      await visitor.press('Change the password');
      await inspectPage(visitor);
      const again = { newPassword: OTHER_PASSWORD, newPasswordAgain: OTHER_PASSWORD };
      await visitor.send({ currentPassword: 'not the right one', ...again }, 'Change the password');
      expect(await visitor.text()).toContain('This is not your password');
      await visitor.send({ currentPassword: PASSWORD, ...again }, 'Change the password');
      expect(await visitor.text()).toContain('Your password is changed');
      await expect(phone.servers()).rejects.toThrow('401');
      await visitor.open('/servers');
      expect(visitor.path).toBe('/servers');
      expect((await scene().broker.mailbox.last(email)).subject.toLowerCase()).toContain('password');
    });

    test('the e-mail address is changed by a link in a mail, and taken back by one to the old address', async () => {
      const [visitor, { email, userName }] = await arrive('ben');
      await visitor.press('Change the e-mail address');
      await inspectPage(visitor);
      const newEmail = `${called('ben-new')}@example.org`;
      await visitor.send({ email: newEmail, currentPassword: PASSWORD }, 'Change the address');
      expect(await visitor.text()).toContain('a mail is on its way');
      await visitor.openMail(newEmail);
      expect(await visitor.text()).toContain(newEmail);
      await inspectPage(visitor);
      await visitor.press('Use this address');
      expect(await visitor.heading()).toBe('Your address is changed');
      await inspectPage(visitor);
      await visitor.open('/servers');
      expect(visitor.path).toContain('/sign-in');
      await signIn(visitor, newEmail);
      await visitor.openMail(email);
      await inspectPage(visitor);
      await visitor.press('That was not me: undo it');
      expect(await visitor.heading()).toBe('Your account is yours again');
      await inspectPage(visitor);
      await visitor.openMail(email);
      await visitor.send(
        { newPassword: OTHER_PASSWORD, newPasswordAgain: OTHER_PASSWORD },
        'Set the password',
      );
      await signIn(visitor, userName, OTHER_PASSWORD);
    });

    test('who finds a person is switched off and stays off', async () => {
      const [visitor] = await arrive('kim');
      const box = visitor.page.getByLabel('By e-mail address');
      expect(await box.isChecked()).toBe(true);
      await box.uncheck();
      await visitor.press('Save');
      expect(await visitor.text()).toContain('Saved');
      await visitor.open('/profile');
      expect(await visitor.page.getByLabel('By e-mail address').isChecked()).toBe(false);
      expect(await visitor.page.getByLabel('By user name').isChecked()).toBe(true);
    });

    test('security events tell what happened, in words', async () => {
      const [visitor] = await arrive('sam');
      await visitor.press('Security events');
      expect(await visitor.text()).toContain('Account opened');
      await inspectPage(visitor);
    });

    test('a page that is not there keeps the way around, and signing out', async () => {
      const [visitor] = await arrive('lost');
      expect(await visitor.open('/nowhere')).toBe(404);
      await inspectPage(visitor);
      await visitor.press('Devices');
      expect(await visitor.heading()).toBe('Devices');
      await visitor.open('/nowhere');
      await visitor.press('Sign out');
      expect(visitor.path).toBe('/');
    });

    test('everything that is kept about a person comes as one file, after the password', async () => {
      const [visitor, { userName }] = await arrive('eve');
      await visitor.press('Take your data with you');
      await inspectPage(visitor);
      await visitor.fill({ currentPassword: PASSWORD });
      const [download] = await Promise.all([
        visitor.page.waitForEvent('download'),
        visitor.page.getByRole('button', { name: 'Download' }).click(),
      ]);
      const file = JSON.parse(await readFile(await download.path(), 'utf8')) as object;
      expect(JSON.stringify(file)).toContain(userName);
      expect(JSON.stringify(file)).not.toContain('argon2');
    });

    test('the account is deleted with password and user name typed, and is gone', async () => {
      const [visitor, { userName }] = await arrive('del');
      await visitor.press('Delete the account');
      await inspectPage(visitor);
      await visitor.send({ currentPassword: PASSWORD, userName: 'somebody else' }, 'Delete the account');
      expect(await visitor.heading()).toBe('Delete the account?');
      await visitor.send({ currentPassword: PASSWORD, userName }, 'Delete the account');
      expect(await visitor.heading()).toBe('Your account is deleted');
      await inspectPage(visitor);
      await visitor.open('/profile');
      expect(visitor.path).toContain('/sign-in');
      await visitor.send({ identifier: userName, password: PASSWORD }, 'Sign in');
      expect(await visitor.text()).toContain('is wrong');
    });
  });
});
