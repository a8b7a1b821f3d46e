import { expect, test } from '@jest/globals';
import { inChromium } from './chromium.js';
import { inspectPage } from './inspect-page.js';
import { PASSWORD } from './people.js';
import { LAPTOP_WITHOUT_SCRIPT, PHONE } from './visitor.js';

// The riddle is real, and short: how long a phone takes is not the subject.
inChromium('the check against robots', { ANTI_ROBOT: 'on', ANTI_ROBOT_WORK: '50' }, (scene) => {
  test('with script it is solved while a person types, by workers, under our policy', async () => {
    const visitor = await scene().visit(PHONE);
    await visitor.open('/sign-up');
    await visitor.fill({ userName: 'ann', email: 'ann@example.org', password: PASSWORD });
    await visitor.page.getByText('Checked: no robot.').waitFor();
    await inspectPage(visitor);
    await visitor.press('Sign up');
    expect(await visitor.heading()).toBe('Look in your mail');
    expect((await scene().broker.mailbox.to('ann@example.org')).length).toBe(1);
  });

  test('with script a form that is sent at once waits for the check and goes by itself', async () => {
    const visitor = await scene().visit(PHONE);
    await visitor.open('/forgot');
    await visitor.send({ identifier: 'ann' }, 'Send the link');
    expect(await visitor.heading()).toBe('Look in your mail');
  });

  test('without script patience is asked for and is enough', async () => {
    const visitor = await scene().visit(LAPTOP_WITHOUT_SCRIPT);
    await visitor.open('/sign-up');
    expect(await visitor.text()).toContain('20 seconds');
    await inspectPage(visitor);
    const typed = { userName: 'ben', email: 'ben@example.org', password: PASSWORD };
    scene().broker.clock.advance(5_000);
    await visitor.send(typed, 'Sign up');
    expect(await visitor.text()).toContain('Wait 15 seconds');
    expect(await visitor.field('userName').inputValue()).toBe('ben');
    await inspectPage(visitor);
    scene().broker.clock.advance(15_000);
    await visitor.send({ password: PASSWORD }, 'Sign up');
    expect(await visitor.heading()).toBe('Look in your mail');
  });
});
