import { expect, test } from '@jest/globals';
import { Device } from '../simulator/device.js';
import { MediaServer } from '../simulator/media-server.js';
import { eachBroker } from '../support/broker.js';
import { Browser } from './browser.js';
import { join, PASSWORD } from './people.js';

const HOSTILE = `<script>alert(1)</script>"'&<b>`;

eachBroker('answering an invitation on the pages', { ANTI_ROBOT: 'off' }, (broker) => {
  const browser = (): Browser => new Browser(broker());

  const invite = async (userName: string, name: string, systemId?: string): Promise<MediaServer> => {
    const server = new MediaServer({
      broker: broker().url,
      name,
      url: 'http://203.0.113.5:8096',
      ...(systemId === undefined ? {} : { systemId }),
    });
    await server.start();
    server.addUser(`local-${userName}`);
    await server.linkUser(`local-${userName}`, `${userName}@example.org`);
    await server.stop();
    return server;
  };

  const serversOf = async (userName: string): Promise<(string | null)[]> => {
    const device = new Device({ broker: broker().url });
    await device.signIn(userName, PASSWORD);
    return (await device.servers()).map(({ Name }) => Name);
  };

  test('shows which server asks, and accepting lets the devices in', async () => {
    const email = await join(browser(), 'ann');
    await invite('ann', 'Attic', 'abcdef0123456789abcdef0123456789');
    const ask = await browser().openMail(email);
    expect([ask.status, ask.heading]).toEqual([200, 'Use this server?']);
    for (const words of ['Attic', '203.0.113.5:8096', 'abcdef01', 'the account that you already have']) {
      expect(ask.text).toContain(words);
    }
    expect(ask.text).not.toContain('abcdef0123');
    expect(await serversOf('ann')).toEqual([]);
    const done = await browser().submit('/invitations', ask.filled({ answer: 'accept' }));
    expect([done.status, done.heading]).toEqual([200, 'You are in']);
    expect(done.text).toContain('Attic');
    expect(await serversOf('ann')).toEqual(['Attic']);
  });

  test('declining ends the link', async () => {
    const email = await join(browser(), 'dee');
    await invite('dee', 'Cellar');
    const ask = await browser().openMail(email);
    const done = await browser().submit('/invitations', ask.filled({ answer: 'decline' }));
    expect([done.status, done.heading]).toEqual([200, 'Declined']);
    expect(await serversOf('dee')).toEqual([]);
  });

  test('looking at it any number of times answers nothing', async () => {
    const email = await join(browser(), 'looker');
    await invite('looker', 'Loft');
    const { pathname, search } = new URL((await broker().mailbox.last(email)).link);
    for (const method of ['GET', 'HEAD', 'GET']) {
      const query = `${search}&answer=accept`;
      expect((await browser().open(pathname + query, method)).status).toBe(200);
    }
    expect(await serversOf('looker')).toEqual([]);
    expect((await browser().open(pathname + search)).status).toBe(200);
  });

  test('of two answers sent together one counts; used, withdrawn and invented links give one page', async () => {
    const email = await join(browser(), 'twice');
    await invite('twice', 'Shed');
    const ask = await browser().openMail(email);
    const answers = await Promise.all(
      ['accept', 'decline', 'accept'].map((answer) =>
        browser().submit('/invitations', ask.filled({ answer })),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410]);
    const spent = await browser().openMail(email);
    const invented = await browser().open(`/invitations?token=${'0'.repeat(64)}`);
    expect(spent.status).toBe(410);
    expect(invented.html).toBe(spent.html);
    expect((await browser().open('/invitations')).heading).toBe('Sign in');
  });

  test('a server with the id of one that is linked already cannot be accepted, but declined', async () => {
    const email = await join(browser(), 'twin');
    const systemId = '0123456789abcdef0123456789abcdef';
    await invite('twin', 'Real', systemId);
    await browser().submit('/invitations', (await browser().openMail(email)).filled({ answer: 'accept' }));
    await invite('twin', 'Impostor', systemId);
    const ask = await browser().openMail(email);
    const refused = await browser().submit('/invitations', ask.filled({ answer: 'accept' }));
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('already use a server that has the same id');
    for (const page of [ask, refused]) {
      expect(page.text).toContain('replace the old entry');
      expect(page.html).toContain('<a class="button quiet" href="/invitations">Compare and replace…</a>');
      expect(page.html).not.toContain('value="accept"');
      // Which server it is like is for its owner's eyes: a mail may be read by others.
      expect(page.text).not.toContain('Real');
    }
    expect(await serversOf('twin')).toEqual(['Real']);
    const declined = await browser().submit('/invitations', refused.filled({ answer: 'decline' }));
    expect(declined.heading).toBe('Declined');
    expect(await serversOf('twin')).toEqual(['Real']);
  });

  test('an answer that is neither yes nor no does nothing', async () => {
    const email = await join(browser(), 'vague');
    await invite('vague', 'Barn');
    const ask = await browser().openMail(email);
    const again = await browser().submit('/invitations', ask.filled({ answer: 'maybe' }));
    expect([again.status, again.heading]).toEqual([400, 'Use this server?']);
  });

  test('the name of a server is text, whatever it holds', async () => {
    const email = await join(browser(), 'xss');
    await invite('xss', HOSTILE);
    const ask = await browser().openMail(email);
    expect(ask.html).not.toMatch(/<script>|<b>/);
    expect(ask.text).toContain(HOSTILE);
    const done = await browser().submit('/invitations', ask.filled({ answer: 'accept' }));
    expect(done.html).not.toMatch(/<script>|<b>/);
    expect(done.text).toContain(HOSTILE);
  });
});

eachBroker('signing up with an invitation', { ANTI_ROBOT: 'off' }, (broker) => {
  const browser = (): Browser => new Browser(broker());

  /** An admin with an account invites somebody who has none. */
  const inviteStranger = async (admin: string, email: string, serverName: string): Promise<void> => {
    const adminEmail = await join(browser(), admin);
    const server = new MediaServer({
      broker: broker().url,
      name: serverName,
      url: 'http://203.0.113.6:8096',
    });
    await server.start();
    server.addUser(admin);
    await server.linkUser(admin, adminEmail);
    await browser().submit(
      '/invitations',
      (await browser().openMail(adminEmail)).filled({ answer: 'accept' }),
    );
    await server.inviteGuest(email, admin);
    await server.stop();
  };

  test('the address is shown and fixed, and the account is ready at once', async () => {
    await inviteStranger('host', 'new@example.org', HOSTILE);
    const form = await browser().openMail('new@example.org');
    expect(form.status).toBe(200);
    expect(form.text).toContain(`host invites you to the server “${HOSTILE}”`);
    expect(form.html).not.toMatch(/<script>|<b>/);
    expect(form.input('email')).toMatchObject({ value: 'new@example.org', readonly: '' });
    const taken = await browser().submit('/sign-up', form.filled({ userName: 'host', password: PASSWORD }));
    expect(taken.status).toBe(409);
    const given = { userName: 'newcomer', email: 'elsewhere@example.org', password: PASSWORD };
    const done = await browser().submit('/sign-up', taken.filled(given));
    expect([done.status, done.heading]).toEqual([200, 'Your account is ready']);
    expect(done.text).toContain('newcomer');
    const device = new Device({ broker: broker().url });
    expect((await device.signIn('new@example.org', PASSWORD)).Name).toBe('newcomer');
    const spent = await browser().openMail('new@example.org');
    const again = await browser().submit('/sign-up', taken.filled({ ...given, userName: 'another' }));
    expect([spent.status, again.status]).toEqual([410, 410]);
    expect(again.html).toBe(spent.html);
  });

  test('an invented invitation leads to a page that says what to do', async () => {
    const page = await browser().open('/sign-up?invitation=0000');
    expect(page.status).toBe(410);
    expect(page.text).toContain('ask the admin of the server to invite you again');
  });
});

eachBroker('a broker that takes invited people only', { SIGN_UP: 'invite' }, (broker) => {
  test('says that an invitation is needed', async () => {
    const page = await new Browser(broker()).open('/sign-up');
    expect(page.status).toBe(403);
    expect(page.text).toContain('by invitation only');
  });
});
