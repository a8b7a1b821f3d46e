import { expect, test } from '@jest/globals';
import { AccountsService, SignInLimits } from '../../src/features/accounts/index.js';
import { eachBroker } from '../support/broker.js';
import { Browser, CookieBrowser, type Answer } from './browser.js';
import { join, PASSWORD } from './people.js';

const HOUR = 3_600_000;
const WANTED = 'another good one to remember';

eachBroker('a forgotten password', { ANTI_ROBOT: 'off' }, (broker) => {
  const browser = (): Browser => new Browser(broker());
  const signIn = async (userName: string, password: string): Promise<number> =>
    (await new CookieBrowser(broker()).signIn(userName, password)).status;
  const send = (form: Answer, newPassword = WANTED, newPasswordAgain = newPassword): Promise<Answer> =>
    browser().submit('/reset', form.filled({ newPassword, newPasswordAgain }));

  test('is asked for by one field', async () => {
    const page = await browser().open('/forgot');
    expect([page.status, page.heading]).toEqual([200, 'Forgotten your password?']);
    expect(page.inputs().map(({ name, autocomplete }) => [name, autocomplete])).toEqual([
      ['identifier', 'username'],
    ]);
    expect(page.html).toContain('<label for="identifier">');
    expect(page.html).toContain('href="/sign-in"');
  });

  test('a person asks, opens the mail, sets a new password twice, and signs in with it', async () => {
    const email = await join(browser(), 'ann');
    expect((await browser().submit('/forgot', { identifier: 'ann ' })).status).toBe(202);
    const form = await browser().openMail(email);
    expect([form.status, form.heading]).toEqual([200, 'Set a new password']);
    expect(form.input('userName')).toMatchObject({
      value: 'ann',
      readonly: '',
      autocomplete: 'username',
    });
    expect(form.input('newPassword')).toMatchObject({ autocomplete: 'new-password' });
    expect(form.input('newPasswordAgain')).toMatchObject({ autocomplete: 'new-password' });
    expect(form.headers.get('referrer-policy')).toBe('no-referrer');
    expect(form.html).not.toMatch(/(src|href)="(https?:)?\/\//);
    const done = await send(form);
    expect([done.status, done.heading]).toEqual([200, 'Your new password is set']);
    expect(done.text).toContain('All devices and browsers were signed out');
    expect(done.html).toContain('href="/sign-in"');
    expect(done.headers.getSetCookie()).toEqual([]);
    expect([await signIn('ann', PASSWORD), await signIn('ann', WANTED)]).toEqual([403, 303]);
    expect((await broker().mailbox.last(email)).subject).toContain('password');
  });

  test('a reset forgets from where somebody signed in before: that may have been a thief (S-22)', async () => {
    const email = await join(browser(), 'robbed');
    expect(await signIn('robbed', PASSWORD)).toBe(303);
    const { id } = (await broker().app.get(AccountsService).findByIdentifier('robbed'))!;
    const known = async (): Promise<number> => (await broker().app.get(SignInLimits).networksOf(id)).length;
    expect(await known()).toBe(1);
    await browser().submit('/forgot', { identifier: 'robbed' });
    await send(await browser().openMail(email));
    expect(await known()).toBe(0);
    expect(await signIn('robbed', WANTED)).toBe(303);
    expect(await known()).toBe(1);
  });

  test('the answer is the same, byte for byte, whoever is named', async () => {
    const email = await join(browser(), 'owner');
    const waiting = { userName: 'waiting', email: 'waiting@example.org', password: PASSWORD };
    await browser().submit('/sign-up', waiting);
    const hostile = '"><script>alert(1)</script>';
    const names = ['owner', email, 'nobody', 'nobody@example.org', waiting.email, hostile, '', '@', 'x\n'];
    const answers = await Promise.all(names.map((identifier) => browser().submit('/forgot', { identifier })));
    for (const answer of answers) {
      expect(answer.status).toBe(202);
      expect(answer.html).toBe(answers[0]?.html);
      expect([...answer.headers.keys()]).toEqual([...(answers[0]?.headers.keys() ?? [])]);
    }
    expect(await broker().mailbox.to('nobody@example.org')).toEqual([]);
    const subjects = (await broker().mailbox.to(waiting.email)).map(({ subject }) => subject);
    expect(subjects).toHaveLength(1);
  });

  test('looking at the link any number of times does not use it up', async () => {
    const email = await join(browser(), 'patient');
    await browser().submit('/forgot', { identifier: 'patient' });
    const path = await browser().mailPath(email);
    for (const method of ['GET', 'HEAD', 'GET', 'HEAD']) {
      expect((await browser().open(`${path}&newPassword=${WANTED}`, method)).status).toBe(200);
    }
    expect((await send(await browser().open(path))).status).toBe(200);
  });

  test.each([
    ['short', 'tiny pass', 'tiny pass', 'newPassword', 'too short'],
    ['long', 'é'.repeat(257), 'é'.repeat(257), 'newPassword', 'too long'],
    ['common', '123456789987654321', '123456789987654321', 'newPassword', 'Many people use this password'],
    ['of the product', 'signpost-signpost', 'signpost-signpost', 'newPassword', 'name of this service'],
    ['of the host', 'localhost-12', 'localhost-12', 'newPassword', 'address of this service'],
    ['of the name', 'long.name.here1', 'long.name.here1', 'newPassword', 'your user name'],
    ['typed differently', WANTED, `${WANTED}!`, 'newPasswordAgain', 'are not the same'],
  ])('a new password that is %s keeps the form and the link', async (...wrong) => {
    const [what, first, second, field, words] = wrong;
    const userName = 'long.name.here';
    const known = await signIn(userName, PASSWORD);
    if (known !== 303) await join(browser(), userName);
    await browser().submit('/forgot', { identifier: userName });
    const form = await browser().openMail(`${userName}@example.org`);
    const again = await send(form, first, second);
    expect([what, again.status, again.heading]).toEqual([what, 400, 'Set a new password']);
    expect(again.described(field)).toContain(words);
    expect(again.input(field)).toMatchObject({ 'aria-invalid': 'true' });
    expect(again.html).toContain(`href="#${field}"`);
    expect(again.html).not.toContain(first);
    expect(again.input('userName')?.['value']).toBe(userName);
    expect(again.input('token')?.['value']).toBe(form.input('token')?.['value']);
    expect(await signIn(userName, PASSWORD)).toBe(303);
  });

  test('used, replaced, expired and invented links give one page, with a way to a new one', async () => {
    const tokenAfter = async (userName: string): Promise<string> => {
      await browser().submit('/forgot', { identifier: userName });
      return broker().mailbox.lastToken(`${userName}@example.org`);
    };
    await join(browser(), 'used');
    await join(browser(), 'late');
    const replaced = await tokenAfter('used');
    const used = await tokenAfter('used');
    await send(await browser().open(`/reset?token=${used}`));
    const late = await tokenAfter('late');
    broker().clock.advance(HOUR);
    const tokens = [used, replaced, late, '0'.repeat(64), '', '"><script>'];
    const answers = await Promise.all(
      tokens.flatMap((token) => [
        browser().open(`/reset?token=${encodeURIComponent(token)}`),
        browser().submit('/reset', { token, newPassword: WANTED, newPasswordAgain: WANTED }),
        browser().submit('/reset', { token, newPassword: 'x', newPasswordAgain: 'y' }),
      ]),
    );
    for (const { status, html } of answers) {
      expect(status).toBe(410);
      expect(html).toBe(answers[0]?.html);
    }
    expect(answers[0]?.html).toContain('href="/forgot"');
  });

  test('of two presses of the button one counts', async () => {
    const email = await join(browser(), 'double');
    await browser().submit('/forgot', { identifier: 'double' });
    const form = await browser().openMail(email);
    const both = await Promise.all([send(form), send(form, 'a different good one')]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410]);
  });

  test('the secret of the link is in no line of the log', async () => {
    const email = await join(browser(), 'discreet');
    await browser().submit('/forgot', { identifier: 'discreet' });
    const token = await broker().mailbox.lastToken(email);
    await send(await browser().open(`/reset?token=${token}`));
    // The mail itself stands in the log of a broker without a mail server.
    const lines = broker().log.lines.filter(({ message }) => message !== 'mail');
    expect(JSON.stringify(lines)).not.toContain(token);
    expect(JSON.stringify(lines)).not.toContain(WANTED);
  });
});

eachBroker('a forgotten password with limits on', { LIMITS: 'on', ANTI_ROBOT: 'off' }, (broker) => {
  test('an account gets three mails an hour, and the answer does not tell', async () => {
    const browser = new Browser(broker());
    const email = await join(browser, 'often');
    const forgot = (identifier: string): Promise<Answer> => browser.submit('/forgot', { identifier });
    const answers = [];
    for (const identifier of ['often', email, 'often', 'often', email])
      answers.push(await forgot(identifier));
    answers.push(await forgot('nobody'));
    for (const { status, html } of answers) expect([status, html]).toEqual([202, answers[0]?.html]);
    const resets = (await broker().mailbox.to(email)).filter(({ link }) => link.includes('/reset'));
    expect(resets).toHaveLength(3);
    // The newest mail still works.
    expect((await browser.openMail(email)).status).toBe(200);
    for (let count = 0; count < 4; count += 1) await forgot('nobody');
    const refused = await forgot('often');
    expect([refused.status, refused.heading]).toEqual([429, 'Forgotten your password?']);
    expect(refused.input('identifier')?.['value']).toBe('often');
    expect(refused.text).toMatch(/Wait \d+ minutes/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});

eachBroker('a confirmation mail that did not come', { LIMITS: 'on', ANTI_ROBOT: 'off' }, (broker) => {
  const browser = (): Browser => new Browser(broker());
  const resend = (email: string): Promise<Answer> => browser().submit('/confirm/resend', { email });

  test('is sent again; the newest link counts, and nobody learns who has signed up', async () => {
    const member = await join(browser(), 'member');
    const email = 'waiting@example.org';
    const sent = await browser().submit('/sign-up', { userName: 'waiting', email, password: PASSWORD });
    expect(sent.input('email')?.['value']).toBe(email);
    const first = await broker().mailbox.lastToken(email);
    broker().clock.advance(24 * HOUR);
    const spent = await browser().openMail(email);
    expect(spent.status).toBe(410);
    expect(spent.input('email')).toMatchObject({ type: 'email', autocomplete: 'email' });
    const before = (await broker().mailbox.to(member)).length;
    const answers = [
      await browser().submit('/confirm/resend', spent.filled({ email: ` ${email}` })),
      await resend(member),
      await resend('nobody@example.org'),
    ];
    for (const { status, html } of answers) expect([status, html]).toEqual([202, answers[0]?.html]);
    expect(await broker().mailbox.to(member)).toHaveLength(before);
    expect(await broker().mailbox.to('nobody@example.org')).toEqual([]);
    expect(await broker().mailbox.lastToken(email)).not.toBe(first);
    const ask = await browser().openMail(email);
    expect((await browser().submit('/confirm', ask.filled({ password: PASSWORD }))).status).toBe(200);
  });

  test('comes three times an hour at most, and the answer does not tell', async () => {
    broker().clock.advance(24 * HOUR);
    const email = 'eager@example.org';
    await browser().submit('/sign-up', { userName: 'eager', email, password: PASSWORD });
    for (let count = 0; count < 5; count += 1) expect((await resend(email)).status).toBe(202);
    expect(await broker().mailbox.to(email)).toHaveLength(4);
    for (let count = 0; count < 5; count += 1) await resend(`nobody${count}@example.org`);
    const refused = await resend(email);
    expect(refused.status).toBe(429);
    expect(refused.input('email')?.['value']).toBe(email);
  });

  test('is refused for what is no address, before anything is looked up', async () => {
    broker().clock.advance(24 * HOUR);
    const page = await resend('<b>nowhere');
    expect(page.status).toBe(400);
    expect(page.described('email')).toContain('name@example.org');
    expect(page.html).not.toContain('<b>');
    expect((await browser().open('/confirm/resend')).status).toBe(404);
  });
});
