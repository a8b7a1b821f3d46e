import { expect, test } from '@jest/globals';
import { LinksService } from '../../src/features/links/index.js';
import type { AccountId, ServerId } from '../../src/shared/ids.js';
import type { MediaServer } from '../simulator/media-server.js';
import { eachBroker } from '../support/broker.js';
import { signUp, type Person } from '../support/people.js';
import { Browser } from './browser.js';
import { asking, Resident } from './signed-in.js';

const HOSTILE = `<img src=x onerror=alert(1)>"'&`;

eachBroker('the servers of a person', {}, (broker) => {
  const linked = async (person: Person, name: string): Promise<MediaServer> => {
    const server = await asking(broker(), person, { name, localAddress: 'http://192.168.1.5:8096' });
    await accept(person, server);
    return server;
  };
  const accept = (person: Person, server: MediaServer): Promise<void> =>
    broker()
      .app.get(LinksService)
      .accept(person.id as AccountId, { serverId: server.registration!.id as ServerId });
  /** Guest of a server whose admin is linked to it. */
  const guest = async (person: Person, name: string): Promise<MediaServer> => {
    const host = await signUp(broker(), `host-of-${person.userName}`);
    const server = await linked(host, name);
    await server.listen();
    await server.inviteGuest(person.email, host.userName);
    await server.stop();
    await accept(person, server);
    return server;
  };

  test('nobody else sees them: the way leads to signing in and back', async () => {
    const answer = await new Browser(broker()).open('/servers');
    expect(answer.heading).toBe('Sign in');
    expect(answer.input('next')?.['value']).toBe('/servers');
  });

  test('without one, the page says what to ask an admin for', async () => {
    const page = await (await Resident.of(broker(), 'lonely')).open('/servers');
    expect([page.status, page.heading]).toEqual([200, 'Your servers']);
    expect(page.text).toContain('No server yet');
    expect(page.html).toContain('data-copy="lonely"');
  });

  test('each has its name, kind, silence, addresses and code, and never a key', async () => {
    const { person, browser } = await Resident.of(broker(), 'ann');
    const server = await linked(person, 'Attic');
    const fresh = await browser.open('/servers');
    for (const words of ['Attic', 'With your own account there', 'less than an hour ago']) {
      expect(fresh.text).toContain(words);
    }
    expect(fresh.html).toContain('rel="noreferrer"');
    expect(fresh.html).not.toContain(server.user('ann').connect!.accessKey);
    // Same network as the server's last update: the local address is worth trying first (S-81).
    expect(fresh.text.indexOf('http://192.168.1.5:8096')).toBeLessThan(
      fresh.text.indexOf('http://203.0.113.5:8096'),
    );
    broker().clock.advance(30 * 60_000);
    expect((await browser.open('/servers')).text).toContain('Attic');
  });

  test('its codes are a page of their own, drawn here, for nobody else (S-61)', async () => {
    const { person, browser } = await Resident.of(broker(), 'coder');
    await linked(person, 'Porch');
    const [path = ''] =
      /\/servers\/codes\?server=[0-9a-f]+/.exec((await browser.open('/servers')).html) ?? [];
    const page = await browser.open(path);
    expect([page.status, page.heading]).toEqual([200, 'QR codes of Porch']);
    expect(page.html.match(/<svg class="qr" viewBox="0 0 \d+ \d+" role="img"/g)).toHaveLength(2);
    expect(page.html).toContain('aria-label="QR code of http://192.168.1.5:8096"');
    expect((await (await Resident.of(broker(), 'peeper')).open(path)).status).toBe(404);
  });

  test('the navigation marks the page, counts invitations and signs out by a form', async () => {
    const { person, browser } = await Resident.of(broker(), 'navigator');
    await asking(broker(), person, { name: 'Waiting' });
    const page = await browser.open('/servers');
    expect(page.html).toContain('<a href="/servers" aria-current="page">');
    expect(page.html.match(/aria-current/g)).toHaveLength(1);
    expect(page.html).toMatch(/<span class="count">1<span class="unseen"> waiting/);
    expect(page.html).toMatch(/<form class="sign-out" method="post" action="\/sign-out">/);
    expect(page.html).not.toMatch(/(?:src|href)="https?:\/\/(?!203\.0\.113\.5|192\.168)/);
  });

  test('leaving one that is linked takes a step of its own and no more', async () => {
    const resident = await Resident.of(broker(), 'leaver');
    const id = (await linked(resident.person, 'Loft')).registration!.id;
    const ask = await resident.open(`/servers/leave?server=${id}`);
    expect(ask.heading).toBe('Leave Loft?');
    expect(ask.text).toContain('stays as it is');
    expect((await resident.open('/servers')).text).toContain('Loft');
    const done = await resident.send('/servers/leave', ask.filled());
    expect([done.status, done.headers.get('location')]).toEqual([303, '/servers?done=left']);
    expect((await resident.open('/servers?done=left')).text).toContain('You have left the server');
    expect((await resident.open('/servers')).text).not.toContain('Loft');
    expect((await resident.send('/servers/leave', ask.filled())).status).toBe(404);
    expect((await resident.open('/profile/activity')).text).toContain('Loft');
  });

  test('a guest is told what is lost, and types the word', async () => {
    const resident = await Resident.of(broker(), 'visitor');
    const id = (await guest(resident.person, 'Barn')).registration!.id;
    expect((await resident.open('/servers')).text).toContain('As a guest');
    const ask = await resident.open(`/servers/leave?server=${id}`);
    expect(ask.text).toContain('Your guest account there will be deleted');
    const again = await resident.send('/servers/leave', ask.filled({ confirmation: 'no' }));
    expect(again.status).toBe(400);
    expect(again.described('confirmation')).toContain('exactly as shown');
    expect((await resident.open('/servers')).text).toContain('Barn');
    const done = await resident.send('/servers/leave', ask.filled({ confirmation: ' Leave ' }));
    expect(done.status).toBe(303);
  });

  test('nobody leaves for somebody else, or without the token of the form (S-61, S-113)', async () => {
    const owner = await Resident.of(broker(), 'owner');
    const other = await Resident.of(broker(), 'other');
    const server = (await linked(owner.person, 'Cabin')).registration!.id;
    expect((await other.open(`/servers/leave?server=${server}`)).status).toBe(404);
    expect((await other.send('/servers/leave', { server, confirmation: 'leave' })).status).toBe(404);
    expect((await owner.browser.submit('/servers/leave', { server, confirmation: 'leave' })).status).toBe(
      403,
    );
    expect((await owner.open('/servers')).text).toContain('Cabin');
  });

  test('a name is text, whatever it holds, and an invented notice says nothing', async () => {
    const resident = await Resident.of(broker(), 'xss');
    const id = (await linked(resident.person, HOSTILE)).registration!.id;
    for (const path of ['/servers?done=constructor', `/servers/leave?server=${id}`, '/profile/activity']) {
      const page = await resident.open(path);
      expect(page.html).not.toContain('<img src=x');
      expect(page.html).not.toContain('note good');
    }
  });
});
