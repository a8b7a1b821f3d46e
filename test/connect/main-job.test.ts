import { expect, test } from '@jest/globals';
import { InvitationsService, LinkRequestsService } from '../../src/features/links/index.js';
import { ServersService } from '../../src/features/servers/index.js';
import type { AccountId, ServerId } from '../../src/shared/ids.js';
import { Device } from '../simulator/device.js';
import { MediaServer } from '../simulator/media-server.js';
import type { MediaServerState } from '../simulator/media-server-state.js';
import { FailedCall } from '../simulator/wire.js';
import { eachBroker } from '../support/broker.js';
import { PASSWORD, signUp } from '../support/people.js';
import { hex } from './cast.js';

const NAME = 'Tom & Jerry 100%+ =ok 🎬';

eachBroker('the main job', {}, (broker) => {
  /** A device signed in as somebody. */
  async function deviceOf(userName: string): Promise<Device> {
    const device = new Device({ broker: broker().url });
    await device.signIn(userName, PASSWORD);
    return device;
  }

  async function running(
    work: (server: MediaServer) => Promise<void>,
    options: { state?: MediaServerState; name?: string } = {},
  ): Promise<void> {
    const server = new MediaServer({ broker: broker().url, name: NAME, ...options });
    await server.start();
    try {
      await work(server);
    } finally {
      await server.stop();
    }
  }

  /** Links a local user of the same name, and the person accepts with a device. */
  async function linked(server: MediaServer, userName: string): Promise<Device> {
    server.addUser(userName);
    await server.linkUser(userName, userName);
    const device = await deviceOf(userName);
    await device.accept(server.registration!.id);
    return device;
  }

  const kinds = (server: MediaServer): string[] => server.events.map(({ kind }) => kind);

  test('a person signs up, a server links the person, the device finds and enters the server', async () => {
    const person = await signUp(broker(), 'alice');
    await running(async (server) => {
      server.addUser('local-alice');
      expect(await server.linkUser('local-alice', person.email)).toEqual({ isPending: true });
      const device = await deviceOf('alice');
      expect(await device.servers()).toEqual([]);
      const [invitation] = await device.invitations();
      expect(invitation?.Name).toBe(NAME);
      await device.accept(invitation!.Id);
      const [entry] = await device.servers();
      const session = await device.exchange(entry!);
      expect(session.localUserId).toBe(server.user('local-alice').id);
      expect(kinds(server)).toEqual(['registered']);
    });
  });

  test.each(['own-device-id', 'handle'] as const)(
    'a TV that names its PIN by its %s signs in without a keyboard and finds the server',
    async (pinStyle) => {
      const userName = `viewer-${pinStyle}`;
      await signUp(broker(), userName);
      await running(async (server) => {
        const phone = await linked(server, userName);
        const tv = new Device({ broker: broker().url, pinStyle });
        const pin = await tv.createPin('Living Room & Küche');
        expect((await tv.pollPin(pin)).IsConfirmed).toBe(false);
        await expect(tv.exchangePin(pin)).rejects.toMatchObject({ status: 404 });
        await phone.confirmPin(pin.pin);
        expect((await tv.pollPin(pin)).IsConfirmed).toBe(true);
        const { userId } = await tv.exchangePin(pin);
        expect(userId).toBe(phone.signedIn?.userId);
        expect((await tv.me()).Name).toBe(userName);
        const [entry] = await tv.servers();
        expect((await tv.exchange(entry!)).localUserId).toBe(server.user(userName).id);
        await phone.logout();
        expect(await tv.servers()).toHaveLength(1);
      });
    },
  );

  test('a guest is invited, accepts in an app, exists at the server from the first visit on, and is gone after leaving', async () => {
    await signUp(broker(), 'host');
    await signUp(broker(), 'Guest.one');
    await running(async (server) => {
      await linked(server, 'host');
      const invited = await server.inviteGuest('guest.one@example.org', 'host', ['Films']);
      expect(invited).toEqual({ isPending: true, isNewUserInvitation: false, guestDisplayName: 'Guest.one' });
      expect(server.pending).toMatchObject([{ userName: 'Guest.one', libraries: ['Films'] }]);
      expect(() => server.user('Guest.one')).toThrow();

      const device = await deviceOf('guest.one');
      const [invitation] = await device.invitations();
      expect(invitation).toMatchObject({ UserType: 'Guest', AccessKey: '' });
      await device.accept(invitation!.Id);
      const [entry] = await device.servers();
      const session = await device.exchange(entry!);
      expect(server.user('Guest.one')).toMatchObject({ id: session.localUserId, libraries: ['Films'] });
      expect(server.pending).toEqual([]);

      await device.leave(entry!.Id);
      expect(await device.servers()).toEqual([]);
      expect(device.saved).toEqual([]);
      await server.refresh();
      expect(() => server.user('Guest.one')).toThrow();
      expect(server.user('host').connect).not.toBeNull();
      expect(kinds(server)).toEqual(['registered', 'guest-created', 'unlinked', 'guest-deleted']);
    });
  });

  test('a guest who says no, or whose invitation is cancelled, never comes to be', async () => {
    for (const name of ['inviter', 'shy', 'unwanted']) await signUp(broker(), name);
    await running(async (server) => {
      await linked(server, 'inviter');
      for (const name of ['shy', 'unwanted']) await server.inviteGuest(name, 'inviter');
      const [shy, unwanted] = [await deviceOf('shy'), await deviceOf('unwanted')];
      const serverId = server.registration!.id;
      await shy.reject(serverId);
      const pending = server.pending.find(({ userName }) => userName === 'unwanted');
      await server.cancel(pending!.id);
      expect(server.pending).toEqual([]);
      for (const device of [shy, unwanted]) {
        expect(await device.invitations()).toEqual([]);
        await expect(device.accept(serverId)).rejects.toMatchObject({ status: 404 });
      }
      await server.refresh();
      expect(server.users.map(({ name }) => name)).toEqual(['inviter']);
    });
  });

  test('somebody without an account is asked by mail to sign up, does, and is invited again', async () => {
    await signUp(broker(), 'patron');
    await running(async (server) => {
      await linked(server, 'patron');
      const email = "new+o'neil@example.org";
      const first = await server.inviteGuest(email, 'patron');
      expect(first).toMatchObject({ isNewUserInvitation: true, guestDisplayName: email });
      expect(server.pending).toEqual([]);
      const mail = await broker().mailbox.last(email);
      expect(mail.text).toContain('patron');
      const token = await broker().mailbox.lastToken(email);
      const given = { userName: 'newcomer', password: PASSWORD, network: '127.0.0.1' };
      await broker().app.get(InvitationsService).signUp(token, given);

      expect(await server.inviteGuest(email, 'patron')).toMatchObject({
        isPending: true,
        isNewUserInvitation: false,
        guestDisplayName: 'newcomer',
      });
      const device = await deviceOf('newcomer');
      await device.accept(server.registration!.id);
      await server.refresh();
      expect(server.user('newcomer').connect).toMatchObject({ type: 'Guest' });
    });
  });

  test('an unknown user name is told to the admin and no mail is sent', async () => {
    await signUp(broker(), 'typo');
    await running(async (server) => {
      await linked(server, 'typo');
      await expect(server.inviteGuest('no-such-user', 'typo')).rejects.toMatchObject({
        reason: 'user-not-found',
      });
      await expect(server.linkUser('typo', 'no-such-user')).rejects.toBeInstanceOf(FailedCall);
      expect(server.exchanges.some(({ path }) => path.includes('invite'))).toBe(false);
    });
  });

  test('an admin unlinks a user, who is gone from the devices at once, and links anew', async () => {
    await signUp(broker(), 'moody');
    await running(async (server) => {
      const device = await linked(server, 'moody');
      await device.servers();
      const before = server.user('moody').connect?.accessKey;
      await server.unlink('moody');
      expect(await device.servers()).toEqual([]);
      expect(device.saved).toEqual([]);
      expect(await server.linkUser('moody', 'moody')).toEqual({ isPending: true });
      expect(await device.servers()).toEqual([]);
      await device.accept(server.registration!.id);
      const [entry] = await device.servers();
      expect(entry?.AccessKey).toBe(server.user('moody').connect?.accessKey);
      expect(entry?.AccessKey).not.toBe(before);
      await device.exchange(entry!);
      await server.deleteLocalUser('moody');
      expect(await device.servers()).toEqual([]);
    });
  });

  test('a server adopts the key that the broker holds, and devices enter with it', async () => {
    await signUp(broker(), 'rotated');
    await running(async (server) => {
      const device = await linked(server, 'rotated');
      const { id } = server.registration!;
      const registered = await broker()
        .app.get(ServersService)
        .find(id as ServerId);
      const key = hex();
      const accountId = device.signedIn!.userId as AccountId;
      const change = { accountId, kind: 'linked' as const, key, requester: undefined };
      await broker().app.get(LinkRequestsService).request(registered!, change);
      await server.refresh();
      expect(kinds(server)).toEqual(['registered', 'key-adopted']);
      expect(server.user('rotated').connect?.accessKey).toBe(key);
      const [entry] = await device.servers();
      expect(entry?.AccessKey).toBe(key);
      await device.exchange(entry!);
    });
  });

  test('a server that restarts keeps its registration, its users and its guests', async () => {
    for (const name of ['keeper', 'kept']) await signUp(broker(), name);
    let state: MediaServerState | undefined;
    let registration: string | undefined;
    await running(async (server) => {
      await linked(server, 'keeper');
      await server.inviteGuest('kept', 'keeper');
      await (await deviceOf('kept')).accept(server.registration!.id);
      await server.refresh();
      state = server.exportState();
      registration = server.registration?.id;
    });
    await broker().close();
    await broker().open();
    await running(
      async (server) => {
        expect(server.registration?.id).toBe(registration);
        expect(kinds(server)).toEqual([]);
        expect(server.users.map(({ name, connect }) => [name, connect?.type])).toEqual([
          ['keeper', 'LinkedUser'],
          ['kept', 'Guest'],
        ]);
        const device = await deviceOf('kept');
        const [entry] = await device.servers();
        expect(entry?.Name).toBe('After the restart');
        await device.exchange(entry!);
      },
      { state: state!, name: 'After the restart' },
    );
  });

  test('a server finds the broker gone, changes nothing, and goes on when it is back', async () => {
    await signUp(broker(), 'steady');
    await running(async (server) => {
      await linked(server, 'steady');
      const before = server.exportState();
      await broker().close();
      await server.refresh();
      expect(new Set(kinds(server))).toEqual(new Set(['registered', 'failed']));
      expect(server.exportState()).toEqual(before);
      await broker().open();
    });
  });

  test('a server that lost its file registers anew; the person is asked, and the old link is in the way until left', async () => {
    await signUp(broker(), 'survivor');
    let state: MediaServerState | undefined;
    let device: Device | undefined;
    let old = '';
    await running(async (server) => {
      device = await linked(server, 'survivor');
      old = server.registration!.id;
      state = { ...server.exportState(), registration: null };
    });
    await running(
      async (server) => {
        expect(kinds(server)).toEqual(['registered', 'unlinked']);
        const { id } = server.registration!;
        expect(id).not.toBe(old);
        await server.linkUser('survivor', 'survivor');
        await expect(device!.accept(id)).rejects.toMatchObject({ status: 409 });
        await device!.leave(old);
        await device!.accept(id);
        expect((await device!.servers()).map(({ Id }) => Id)).toEqual([id]);
      },
      { state: state! },
    );
  });

  test('one person uses many servers and one server serves many people, each with a key of its own', async () => {
    const names = ['many-a', 'many-b', 'many-c'];
    for (const name of names) await signUp(broker(), name);
    const keys = new Set<string>();
    for (const name of ['First', 'Second']) {
      await running(
        async (server) => {
          for (const userName of names) await linked(server, userName);
          await server.refresh();
          for (const { connect } of server.users) keys.add(connect!.accessKey);
        },
        { name },
      );
    }
    expect(keys.size).toBe(6);
    const device = await deviceOf('many-b');
    expect((await device.servers()).map(({ Name }) => Name).sort()).toEqual(['First', 'Second']);
  });
});
