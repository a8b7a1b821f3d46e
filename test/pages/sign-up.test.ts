import { expect, test } from '@jest/globals';
import { AccountsService } from '../../src/features/accounts/index.js';
import { eachBroker } from '../support/broker.js';
import { Browser } from './browser.js';
import { join, PASSWORD } from './people.js';

eachBroker('signing up on the pages', { ANTI_ROBOT: 'off' }, (broker) => {
  const browser = (): Browser => new Browser(broker());
  const stateOf = async (userName: string): Promise<string | undefined> =>
    (await broker().app.get(AccountsService).findByIdentifier(userName))?.state;

  test('the front page says what this is and leads to the two first steps', async () => {
    const page = await browser().open('/');
    expect(page.status).toBe(200);
    expect(page.title).toBe('Your way to your servers · Signpost');
    expect(page.html).toContain('href="/sign-up"');
    expect(page.html).toContain('href="/sign-in"');
  });

  test('a person signs up, opens the mail, gives the password, and is in', async () => {
    const form = await browser().open('/sign-up');
    const given = { userName: 'ann', email: 'ann@example.org', password: PASSWORD };
    const sent = await browser().submit('/sign-up', form.filled(given));
    expect([sent.status, sent.heading]).toEqual([200, 'Look in your mail']);
    expect(sent.text).toContain('ann@example.org');
    const ask = await browser().openMail('ann@example.org');
    expect(ask.status).toBe(200);
    expect(ask.input('userName')).toMatchObject({ value: 'ann', readonly: '' });
    expect(await stateOf('ann')).toBe('unverified');
    const done = await browser().submit('/confirm', ask.filled({ password: PASSWORD }));
    expect([done.status, done.heading]).toEqual([200, 'Welcome to Signpost']);
    expect(await stateOf('ann')).toBe('active');
  });

  test('fields have labels, autocomplete tokens and hints that belong to them', async () => {
    const page = await browser().open('/sign-up');
    const tokens = page.inputs().map(({ name, autocomplete }) => [name, autocomplete]);
    expect(tokens).toEqual([
      ['userName', 'username'],
      ['email', 'email'],
      ['password', 'new-password'],
    ]);
    for (const { id } of page.inputs()) expect(page.html).toContain(`<label for="${id}">`);
    expect(page.described('password')).toContain('At least 12 characters');
    expect(page.html.match(/<h1>/g)).toHaveLength(1);
    expect(page.html).toContain('<html lang="en">');
    expect(page.html).not.toMatch(/<script>|style=/);
  });

  test('an address in use looks like a fresh one, and its owner gets a mail', async () => {
    const email = await join(browser(), 'owner');
    const fresh = await browser().submit('/sign-up', {
      userName: 'first',
      email: 'fresh@example.org',
      password: PASSWORD,
    });
    const used = await browser().submit('/sign-up', { userName: 'second', email, password: PASSWORD });
    expect(used.status).toBe(fresh.status);
    expect(used.html.replaceAll(email, 'X')).toBe(fresh.html.replaceAll('fresh@example.org', 'X'));
    expect((await broker().mailbox.last(email)).subject).toContain('tried to sign up');
  });

  test.each([
    ['userName', { userName: '<i>x' }, 400, 'letters'],
    ['email', { email: 'nowhere' }, 400, 'name@example.org'],
    ['password', { password: 'tiny pass' }, 400, 'too short'],
  ])('a wrong %s is told beside the field and keeps what was typed', async (field, wrong, status, words) => {
    const given = { userName: 'bob', email: 'bob@example.org', password: PASSWORD, ...wrong };
    const page = await browser().submit('/sign-up', given);
    expect(page.status).toBe(status);
    expect(page.title).toMatch(/^Please check: /);
    expect(page.described(field)).toContain(words);
    expect(page.input(field)).toMatchObject({ 'aria-invalid': 'true' });
    expect(page.html).toContain(`href="#${field}"`);
    expect(page.input('userName')?.['value']).toBe(given.userName);
    expect(page.input('email')?.['value']).toBe(given.email);
    expect(page.input('password')).not.toHaveProperty('value');
    expect(page.html).not.toContain(given.password);
  });

  test('a taken user name is told, and what was typed is kept', async () => {
    await join(browser(), 'taken');
    const given = { userName: 'Taken', email: 'other@example.org', password: PASSWORD };
    const page = await browser().submit('/sign-up', given);
    expect(page.status).toBe(409);
    expect(page.described('userName')).toContain('This user name is taken');
    expect(page.input('email')?.['value']).toBe('other@example.org');
  });

  test('opening the link of the mail any number of times does not use it up', async () => {
    const email = 'patient@example.org';
    await browser().submit('/sign-up', { userName: 'patient', email, password: PASSWORD });
    const { pathname, search } = new URL((await broker().mailbox.last(email)).link);
    for (const method of ['GET', 'HEAD', 'GET', 'HEAD']) {
      expect((await browser().open(pathname + search, method)).status).toBe(200);
    }
    const head = await browser().open(pathname + search, 'HEAD');
    expect(head.html).toBe('');
    expect(head.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await stateOf('patient')).toBe('unverified');
    const ask = await browser().open(pathname + search);
    expect((await browser().submit('/confirm', ask.filled({ password: PASSWORD }))).status).toBe(200);
  });

  test('a wrong password shows the form again and does not use the link up', async () => {
    const email = 'clumsy@example.org';
    await browser().submit('/sign-up', { userName: 'clumsy', email, password: PASSWORD });
    const ask = await browser().openMail(email);
    const again = await browser().submit('/confirm', ask.filled({ password: 'something else entirely' }));
    expect(again.status).toBe(403);
    expect(again.described('password')).toContain('not the password of this account');
    expect(again.html).not.toContain('something else entirely');
    expect((await browser().submit('/confirm', again.filled({ password: PASSWORD }))).status).toBe(200);
  });

  test('used, expired, replaced and invented links give one answer', async () => {
    const tokenOf = (email: string): Promise<string> => broker().mailbox.lastToken(email);
    await join(browser(), 'used');
    const usedToken = await tokenOf('used@example.org');
    await browser().submit('/sign-up', { userName: 'late', email: 'late@example.org', password: PASSWORD });
    const lateToken = await tokenOf('late@example.org');
    broker().clock.advance(24 * 3_600_000);
    const tokens = [usedToken, lateToken, '0'.repeat(64), ''];
    const opened = await Promise.all(tokens.map((token) => browser().open(`/confirm?token=${token}`)));
    const sent = await Promise.all(
      tokens.map((token) => browser().submit('/confirm', { token, password: PASSWORD })),
    );
    for (const answer of [...opened, ...sent]) {
      expect(answer.status).toBe(410);
      expect(answer.html).toBe(opened[0]?.html);
    }
    expect(opened[0]?.text).toContain('sign up once more');
    expect(opened[0]?.html).toContain('href="/sign-up"');
  });

  test('two clicks on the button confirm once and frighten nobody', async () => {
    const email = 'double@example.org';
    await browser().submit('/sign-up', { userName: 'double', email, password: PASSWORD });
    const ask = await browser().openMail(email);
    const send = (): ReturnType<Browser['submit']> =>
      browser().submit('/confirm', ask.filled({ password: PASSWORD }));
    const statuses = (await Promise.all([send(), send()])).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 410]);
    expect((await send()).text).toContain('If you have used it, there is nothing more to do');
    expect(await stateOf('double')).toBe('active');
  });
});

eachBroker('a broker that takes no new accounts', { SIGN_UP: 'closed', ANTI_ROBOT: 'off' }, (broker) => {
  test('says so, on the page and to the form', async () => {
    const browser = new Browser(broker());
    const shown = await browser.open('/sign-up');
    expect(shown.status).toBe(403);
    expect(shown.text).toContain('does not take new accounts');
    const given = { userName: 'eve', email: 'eve@example.org', password: PASSWORD };
    const refused = await browser.submit('/sign-up', given);
    expect([refused.status, refused.heading]).toEqual([403, 'No new accounts here']);
    expect((await browser.open('/')).html).not.toContain('href="/sign-up"');
  });
});
