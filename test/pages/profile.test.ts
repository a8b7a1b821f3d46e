import { expect, test } from '@jest/globals';
import { AccountsService } from '../../src/features/accounts/index.js';
import { LinksService } from '../../src/features/links/index.js';
import type { AccountId, ServerId } from '../../src/shared/ids.js';
import { letIn } from '../support/app-tokens.js';
import { eachBroker } from '../support/broker.js';
import { CookieBrowser } from './browser.js';
import { asking, PASSWORD, Resident } from './signed-in.js';

const ANOTHER = 'seven brown owls on a wire';

eachBroker('the profile', {}, (broker) => {
  const resident = (name: string): Promise<Resident> => Resident.of(broker(), name);
  const accounts = (): AccountsService => broker().app.get(AccountsService);

  test('shows the user name to copy, the address, and the ways on', async () => {
    const page = await (await resident('ann')).open('/profile');
    expect(page.text).toContain('ann@example.org');
    expect(page.html).toContain('data-copy="ann"');
    for (const path of ['email', 'password', 'activity', 'export', 'delete']) {
      expect(page.html).toContain(`href="/profile/${path}"`);
    }
  });

  test('who finds the account is switched, and remembered as an event', async () => {
    const bob = await resident('bob');
    const done = await bob.send('/profile/findable', { findableByName: 'yes' });
    expect(done.headers.get('location')).toBe('/profile?done=findable-changed');
    expect(await accounts().getFindable(bob.person.id as AccountId)).toEqual({
      findableByName: true,
      findableByEmail: false,
    });
    const page = await bob.open('/profile');
    expect(page.input('findableByName')).toHaveProperty('checked');
    expect(page.input('findableByEmail')).not.toHaveProperty('checked');
    expect((await bob.open('/profile/activity')).text).toContain('Changed who finds you');
  });

  test('the password is changed by the old one: this browser stays under a new token, all else ends', async () => {
    const cid = await resident('cid');
    const device = await cid.device();
    const before = cid.browser.cookies.get('sid');
    const change = (fields: Record<string, string>): ReturnType<Resident['send']> =>
      cid.send('/profile/password', {
        currentPassword: PASSWORD,
        newPassword: ANOTHER,
        newPasswordAgain: ANOTHER,
        ...fields,
      });
    const differ = await change({ newPasswordAgain: `${ANOTHER}!` });
    expect([differ.status, differ.described('newPasswordAgain')]).toEqual([
      400,
      expect.stringContaining('not the same'),
    ]);
    const short = await change({ newPassword: 'tiny', newPasswordAgain: 'tiny' });
    expect([short.status, short.described('newPassword')]).toEqual([
      400,
      expect.stringContaining('too short'),
    ]);
    const wrong = await change({ currentPassword: 'not this one' });
    expect([wrong.status, wrong.described('currentPassword')]).toEqual([
      403,
      expect.stringContaining('not your password'),
    ]);
    expect(await device.servers()).toEqual([]);
    const done = await change({});
    expect(done.headers.get('location')).toBe('/profile?done=password-changed');
    expect(cid.browser.cookies.get('sid')).not.toBe(before);
    await expect(device.servers()).rejects.toMatchObject({ status: 401 });
    expect((await cid.open('/profile?done=password-changed')).text).toContain('Your password is changed');
    expect((await new CookieBrowser(broker()).signIn('cid', PASSWORD)).status).toBe(403);
    expect((await new CookieBrowser(broker()).signIn('cid', ANOTHER)).status).toBe(303);
  });

  test('another address is asked for by mail, and the page does not tell whether somebody has it', async () => {
    const [dee, eva] = [await resident('dee'), await resident('eva')];
    const change = (email: string, currentPassword = PASSWORD): ReturnType<Resident['send']> =>
      dee.send('/profile/email', { email, currentPassword });
    expect((await change('nowhere')).described('email')).toContain('name@example.org');
    expect((await change('new@example.org', 'wrong one')).described('currentPassword')).toContain('not your');
    const taken = await change(eva.person.email);
    const free = await change('new@example.org');
    for (const answer of [taken, free]) {
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/profile?done=address-asked']);
    }
    expect((await broker().mailbox.to(eva.person.email)).map(({ subject }) => subject)).not.toContain(
      (await broker().mailbox.last('new@example.org')).subject,
    );
    expect((await dee.open('/profile?done=address-asked')).text).toContain('If the new address can be used');
    expect((await accounts().find(dee.person.id as AccountId))?.email).toBe('dee@example.org');
  });

  test('events are told in plain words, look-ups as a count per server (S-33, S-132)', async () => {
    const fay = await resident('fay');
    const server = await asking(broker(), fay.person, { name: 'Curious' });
    await new CookieBrowser(broker()).signIn('fay', 'a wrong one');
    const page = await fay.open('/profile/activity');
    for (const words of [
      'Invitation from a server: Curious',
      'Wrong password entered',
      'UTC',
      'Servers that looked you up',
      '1 time',
    ]) {
      expect(page.text).toContain(words);
    }
    expect(page.text).toContain('Browser signed in');
    // Told by what it was entered for.
    expect(page.text).not.toContain('Right password entered');
    expect(page.text).not.toContain('Server looked you up');
    expect(page.html).not.toContain(server.registration!.id);
  });

  test('the export holds what is kept and no secret, for the password alone (S-141)', async () => {
    const gil = await resident('gil');
    const server = await asking(broker(), gil.person, { name: 'Attic' });
    const { id } = server.registration!;
    await broker()
      .app.get(LinksService)
      .accept(gil.person.id as AccountId, { serverId: id as ServerId });
    await gil.device();
    expect((await new CookieBrowser(broker()).signIn('gil', PASSWORD)).status).toBe(303);
    const { id: signInId } = await letIn(broker(), gil.person.id as AccountId);
    expect((await gil.send('/profile/export', { currentPassword: 'no' })).status).toBe(403);
    const answer = await gil.send('/profile/export', { currentPassword: PASSWORD });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="signpost-account.json"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const exported = JSON.parse(answer.html) as Record<string, Record<string, unknown>[]>;
    expect(exported).toMatchObject({
      account: { userName: 'gil', email: 'gil@example.org', findableByName: true },
      devices: [{ app: 'Theater/3' }],
      apps: [{ appName: 'Theater', deviceName: 'Living room', scopes: ['servers:read'] }],
      browsers: [{ network: '127.0.0.1' }, { network: '127.0.0.1' }],
      signedInFrom: { networks: [{ network: '127.0.0.1' }], browsers: [{ lastAt: expect.any(String) }] },
      servers: [{ name: 'Attic', kind: 'linked' }],
      lookups: [{ serverName: 'Attic', count: 1 }],
    });
    expect(exported['events']?.map(({ kind }) => kind)).toContain('link-accepted');
    const secrets = [
      server.user('gil').connect!.accessKey,
      signInId,
      ...['sid', 'device'].map((name) => gil.browser.cookies.get(name) ?? name),
    ];
    for (const secret of secrets) expect(answer.html).not.toContain(secret);
    expect(answer.html).not.toMatch(/password|hash|digest|[0-9a-f]{64}/i);
  });

  test('an account is deleted by name and password, and is gone everywhere (S-142)', async () => {
    const hal = await resident('hal');
    const device = await hal.device();
    const ask = await hal.open('/profile/delete');
    expect(ask.heading).toBe('Delete the account?');
    const named = await hal.send('/profile/delete', { userName: 'hall', currentPassword: PASSWORD });
    expect(named.described('userName')).toContain('not your user name');
    const wrong = await hal.send('/profile/delete', { userName: 'hal', currentPassword: 'no' });
    expect(wrong.described('currentPassword')).toContain('not your password');
    const done = await hal.send('/profile/delete', { userName: 'HAL', currentPassword: PASSWORD });
    expect(done.headers.get('location')).toBe('/goodbye');
    expect(done.headers.get('clear-site-data')).toContain('storage');
    expect(hal.browser.cookies.has('sid')).toBe(false);
    expect((await hal.open('/goodbye')).heading).toBe('Your account is deleted');
    await expect(device.servers()).rejects.toMatchObject({ status: 401 });
    expect(await accounts().find(hal.person.id as AccountId)).toBeNull();
  });

  test('nothing is done without the token of the form, and nobody is asked about somebody else (S-61, S-113)', async () => {
    const [ida, jan] = [await resident('ida'), await resident('jan')];
    const forms = [
      ['/profile/findable', {}],
      ['/profile/email', { email: 'x@example.org', currentPassword: PASSWORD }],
      ['/profile/password', { currentPassword: PASSWORD, newPassword: ANOTHER, newPasswordAgain: ANOTHER }],
      ['/profile/export', { currentPassword: PASSWORD }],
      ['/profile/delete', { userName: 'ida', currentPassword: PASSWORD }],
    ] as const;
    const foreign = (await jan.open('/profile')).input('formToken')?.['value'] ?? '';
    for (const [path, fields] of forms) {
      expect((await ida.browser.submit(path, fields)).status).toBe(403);
      expect((await ida.browser.submit(path, { ...fields, formToken: foreign })).status).toBe(403);
    }
    // What says whose account it is comes from the session alone.
    const deletion = { userName: 'ida', accountId: ida.person.id, currentPassword: PASSWORD };
    expect((await jan.send('/profile/delete', deletion)).status).toBe(400);
    expect(await accounts().find(ida.person.id as AccountId)).not.toBeNull();
    expect((await new CookieBrowser(broker()).signIn('ida', PASSWORD)).status).toBe(303);
  });
});
