import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Device } from '../simulator/device.js';
import { MediaServer } from '../simulator/media-server.js';
import type { Person } from '../support/people.js';
import { inChromium, type Scene } from './chromium.js';
import { inspectPage } from './inspect-page.js';
import { arriveSignedIn, member, signIn } from './people.js';
import { WAYS, type Visitor, type Way } from './visitor.js';

/** A media server with an admin who is linked, so that he can invite guests. */
async function openServer({ broker }: Scene, name: string, systemId?: string): Promise<MediaServer> {
  const server = new MediaServer({
    broker: broker.url,
    name,
    ...(systemId === undefined ? {} : { systemId }),
  });
  await server.start();
  return server;
}

async function visitSignedIn(scene: Scene, way: Way, person: Person): Promise<Visitor> {
  const visitor = await scene.visit(way);
  await arriveSignedIn(visitor, person, '/servers');
  return visitor;
}

inChromium('servers and devices', {}, (scene) => {
  let server: MediaServer;
  beforeAll(async () => {
    server = await openServer(scene(), 'Attic');
  });
  afterAll(() => server.stop());

  const linked = async (person: Person): Promise<void> => {
    server.addUser(person.userName);
    await server.linkUser(person.userName, person.email);
  };
  const invited = async (userName: string): Promise<Person> => {
    const person = await member(scene().broker, userName);
    const host = await member(scene().broker, `host-of-${userName}`);
    await linked(host);
    await server.inviteGuest(person.userName, host.userName);
    return person;
  };

  describe.each(WAYS)('%s', (_, way) => {
    const called = (name: string): string => `${name}-${way.width}`;

    test('somebody without a server learns what to ask an admin for', async () => {
      const person = await member(scene().broker, called('new'));
      const visitor = await visitSignedIn(scene(), way, person);
      expect(await visitor.text()).toContain('No server yet');
      expect(await visitor.text()).toContain(person.userName);
      await inspectPage(visitor);
      await visitor.open('/invitations');
      expect(await visitor.text()).toContain('No invitation is waiting');
      await inspectPage(visitor);
    });

    test('the link in a mail shows who asks and which server, and accepts without signing in', async () => {
      const person = await member(scene().broker, called('ann'));
      await linked(person);
      const visitor = await scene().visit(way);
      await visitor.openMail(person.email);
      expect(await visitor.text()).toContain('Attic');
      await inspectPage(visitor);
      await visitor.press('Accept');
      expect(await visitor.heading()).toBe('You are in');
      await inspectPage(visitor);
      await visitor.press('To your servers');
      await signIn(visitor, person.userName);
      expect(await visitor.text()).toContain('Attic');
      expect(await visitor.text()).toContain(server.address);
    });

    test('a guest accepts on the list, finds the server with its addresses, and leaves it', async () => {
      const person = await invited(called('gus'));
      const visitor = await visitSignedIn(scene(), way, person);
      await visitor.press(/^Invitations/);
      await inspectPage(visitor);
      await visitor.press('Accept Attic');
      expect(await visitor.text()).toContain('Accepted');
      await server.refreshAuthorizations();
      expect(server.user(person.userName).connect?.type).toBe('Guest');
      await visitor.press('Servers');
      expect(await visitor.text()).toContain('As a guest');
      await inspectPage(visitor);
      await visitor.press('QR code Attic');
      expect(await visitor.heading()).toBe('QR codes of Attic');
      await inspectPage(visitor);
      await visitor.press('Back to your servers');
      await visitor.press('Leave Attic');
      expect(await visitor.text()).toContain('Your guest account there will be deleted');
      await inspectPage(visitor);
      await visitor.send({ confirmation: 'no' }, 'Leave the server');
      expect(await visitor.text()).toContain('exactly as shown');
      await visitor.send({ confirmation: 'leave' }, 'Leave the server');
      expect(await visitor.text()).toContain('You have left the server');
      await server.refreshAuthorizations();
      expect(server.users.map(({ name }) => name)).not.toContain(person.userName);
    });

    test('an invitation is declined, and a server that asks again is blocked', async () => {
      const person = await member(scene().broker, called('dan'));
      const pest = await openServer(scene(), `Pest ${way.width}`);
      pest.addUser('dan');
      await pest.linkUser('dan', person.email);
      const visitor = await visitSignedIn(scene(), way, person);
      await visitor.open('/invitations');
      await visitor.press(`Decline ${pest.name}`);
      expect(await visitor.text()).toContain('Declined');
      await pest.refreshAuthorizations();
      await pest.linkUser('dan', person.email);
      await visitor.open('/invitations');
      await visitor.press(/^Block/);
      await inspectPage(visitor);
      await visitor.press('Block');
      expect(await visitor.text()).toContain('Blocked');
      await pest.stop();
    });

    test('a server with the id of another is shown as reinstall or impostor, and replaces it when confirmed', async () => {
      const person = await member(scene().broker, called('iva'));
      const original = await openServer(scene(), `Cellar ${way.width}`);
      const twin = await openServer(scene(), `Cellar again ${way.width}`, original.systemId);
      original.addUser('iva');
      await original.linkUser('iva', person.email);
      const visitor = await visitSignedIn(scene(), way, person);
      await visitor.open('/invitations');
      await visitor.press(`Accept ${original.name}`);
      twin.addUser('iva');
      await twin.linkUser('iva', person.email);
      await visitor.openMail(person.email);
      await inspectPage(visitor);
      await visitor.press('Compare and replace…');
      expect(await visitor.text()).toContain('A reinstall or an impostor');
      await inspectPage(visitor);
      await visitor.press(/^Replace the old entry/);
      await inspectPage(visitor);
      await visitor.press('Replace it');
      expect(await visitor.text()).toContain('Replaced');
      await visitor.open('/servers');
      expect(await visitor.text()).toContain(twin.name);
      await original.stop();
      await twin.stop();
    });

    test('a TV shows a PIN, a person types it and looks at the device; then ends it on the list', async () => {
      const person = await member(scene().broker, called('tom'));
      const tv = new Device({
        broker: scene().broker.url,
        deviceId: 'Living room',
        app: { name: 'Theater', version: '3.0' },
      });
      const shown = await tv.createPin();
      const visitor = await visitSignedIn(scene(), way, person);
      await visitor.press('Link a TV');
      await inspectPage(visitor);
      const typed = `${shown.pin.slice(0, 4).toLowerCase()} ${shown.pin.slice(4)}`;
      await visitor.send({ pin: typed }, 'Continue');
      expect(await visitor.text()).toContain('Living room');
      await inspectPage(visitor);
      expect((await tv.pollPin(shown)).IsConfirmed).toBe(false);
      await visitor.press('Sign this device in');
      await inspectPage(visitor);
      await tv.exchangePin(shown);
      expect(await tv.servers()).toEqual([]);
      await visitor.press('Devices');
      expect(await visitor.text()).toContain('Theater');
      await inspectPage(visitor);
      await visitor.press(/^Sign out: .*Theater/);
      expect(await visitor.text()).toContain('Signed out there');
      await expect(tv.servers()).rejects.toThrow('401');
    });

    test('the address in a QR code fills the PIN in and confirms nothing', async () => {
      const person = await member(scene().broker, called('qia'));
      const tv = new Device({ broker: scene().broker.url, deviceId: 'Bedroom' });
      const shown = await tv.createPin();
      const visitor = await scene().visit(way);
      await visitor.open(`/pin?pin=${shown.pin}`);
      if (visitor.path.startsWith('/sign-in')) await signIn(visitor, person.userName);
      expect(await visitor.field('pin').inputValue()).toBe(shown.pin);
      await inspectPage(visitor);
      expect((await tv.pollPin(shown)).IsConfirmed).toBe(false);
    });

    test('everything else is signed out at once, and this browser stays', async () => {
      const person = await member(scene().broker, called('eve'));
      const phone = new Device({ broker: scene().broker.url });
      await phone.signIn(person.userName, person.password);
      const elsewhere = await visitSignedIn(scene(), way, person);
      const visitor = await visitSignedIn(scene(), way, person);
      await visitor.open('/devices');
      await visitor.press('Sign out everywhere else');
      await inspectPage(visitor);
      await visitor.send({ currentPassword: person.password }, 'Sign out everywhere else');
      expect(await visitor.text()).toContain('Everything else is signed out');
      await expect(phone.servers()).rejects.toThrow('401');
      await elsewhere.open('/servers');
      expect(elsewhere.path).toContain('/sign-in');
      await visitor.open('/servers');
      expect(visitor.path).toBe('/servers');
    });
  });
});
