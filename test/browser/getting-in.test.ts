import { describe, expect, test } from '@jest/globals';
import { PASSWORD } from '../support/people.js';
import { inChromium } from './chromium.js';
import { inspectPage } from './inspect-page.js';
import { WAYS } from './visitor.js';

inChromium('getting in', {}, (scene) => {
  describe.each(WAYS)('%s', (name, way) => {
    const userName = way.script ? 'ann' : 'ben';
    const email = `${userName}@example.org`;

    test('a person signs up, opens the mail, confirms and signs in', async () => {
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
    });
  });
});
