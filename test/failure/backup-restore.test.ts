import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '../../src/config/index.js';
import type { Account } from '../../src/features/accounts/index.js';
import { DevicesService } from '../../src/features/sessions/index.js';
import { DAY } from '../../src/shared/clock.js';
import { ask } from '../connect/ask.js';
import { acceptedLink, account, device, server } from '../connect/cast.js';
import { MediaServer } from '../simulator/media-server.js';
import { TestBroker } from '../support/broker.js';
import { buildBefore } from '../support/child-broker.js';
import { endCommandsAfter, signpost, signpostProcess } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/people.js';
import { createDatabase, dropDatabase, runOn } from '../support/postgres.js';

buildBefore();
endCommandsAfter();

const WITH_POSTGRES = Boolean(process.env['TEST_DATABASE_URL']);
const MOVES = [
  ['sqlite', 'sqlite'],
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
  ['postgres', 'postgres'],
] as const;

/** What a command said on stderr beside how far it had come, which it tells on a busy machine. */
const beyondProgress = (stderr: string): string => stderr.replace(/^(backup|restore): .* rows\n/gm, '');

describe.each(MOVES)('a drill: a backup of %s, restored to %s (R-33)', (from, to) => {
  const drill = WITH_POSTGRES || (from === 'sqlite' && to === 'sqlite') ? test : test.skip;
  let folder = '';
  let database: string | undefined;
  let old: TestBroker;
  let restored: TestBroker | undefined;
  const serving: MediaServer[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'signpost-drill-'));
    database = to === 'postgres' && WITH_POSTGRES ? await createDatabase() : undefined;
  });
  afterEach(async () => {
    for (const server of serving.splice(0)) await server.stop();
    await restored?.remove();
    restored = undefined;
    if (database !== undefined) await dropDatabase(database);
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the restored broker is started with: its own data, the key ring of the old one. */
  const target = (): Environment => ({
    DATA_DIR: folder,
    KEY_RING_FILE: join(folder, 'keys', 'keyring.json'),
    ...(database === undefined ? {} : { DATABASE_URL: database }),
  });

  /** The server's admin invites, the person says yes, the server makes the guest. */
  async function admit(server: MediaServer, guest: string, broker: TestBroker): Promise<Account> {
    const person = await account(broker, guest);
    await server.inviteGuest(guest, 'admin');
    await ask(broker, 'GET', 'ServerAuthorizations/accept', {
      token: await device(broker, person),
      query: { serverId: server.registration?.id ?? '' },
    });
    await server.refresh();
    expect(server.user(guest).connect).not.toBeNull();
    return person;
  }

  async function cinema(name: string, broker: TestBroker): Promise<MediaServer> {
    const server = new MediaServer({ broker: broker.url, name });
    serving.push(server);
    server.addUser('admin');
    await server.start();
    const owner = await account(broker, `owner-${name}`);
    await server.linkUser('admin', owner.userName);
    await ask(broker, 'GET', 'ServerAuthorizations/accept', {
      token: await device(broker, owner),
      query: { serverId: server.registration?.id ?? '' },
    });
    return server;
  }

  /** The same server, which now finds the broker at another port. */
  async function moved(server: MediaServer, broker: TestBroker): Promise<MediaServer> {
    const { name } = server;
    const again = new MediaServer({ broker: broker.url, name, state: server.exportState() });
    serving.push(again);
    await again.listen();
    return again;
  }

  const guestsOf = (server: MediaServer): string[] =>
    server.users.filter(({ connect }) => connect?.type === 'Guest').map(({ name }) => name);

  drill(
    'servers lose nothing while it is held, and get what the backup knows once it is accepted',
    async () => {
      old = await TestBroker.start({ KEY_RING_FILE: join(folder, 'keys', 'keyring.json') }, from);
      const home = await cinema('home', old);
      const early = await admit(home, 'early-guest', old);
      const gone = await admit(home, 'ended-guest', old);
      const token = await device(old, early);

      // A backup while people sign in.
      const file = join(folder, 'backup');
      const over = new AbortController();
      const busy = (async () => {
        let signIns = 0;
        for (; !over.signal.aborted; signIns += 1) {
          await device(old, early);
          await pause(25);
        }
        return signIns;
      })();
      // As its operator runs it, once: loading the command takes as long as the backup.
      const backup = from === 'sqlite' && to === 'sqlite' ? signpostProcess : signpost;
      const said = await backup(['backup', file, '--encrypt'], {
        ...old.environment,
        BACKUP_PASSPHRASE: 'a passphrase for the drill',
      });
      over.abort();
      expect([said.code, beyondProgress(said.stderr)]).toEqual([0, '']);
      expect(await busy).toBeGreaterThan(0);

      // What the backup does not know.
      const newcomer = await cinema('newcomer', old);
      await admit(newcomer, 'guest-of-newcomer', old);
      await admit(home, 'late-guest', old);
      await ask(old, 'DELETE', 'ServerAuthorizations', {
        token: await device(old, gone),
        query: { serverId: home.registration?.id ?? '' },
      });
      await home.refresh();
      expect(guestsOf(home).sort()).toEqual(['early-guest', 'late-guest']);
      await old.close();

      const done = await signpost(['restore', file], {
        ...target(),
        BACKUP_PASSPHRASE: 'a passphrase for the drill',
      });
      expect([done.code, beyondProgress(done.stderr)]).toEqual([0, '']);
      await old.remove();

      // Held: both servers come by, twice, and lose nothing.
      restored = await TestBroker.start(target());
      const [homeNow, newcomerNow] = [await moved(home, restored), await moved(newcomer, restored)];
      for (const server of [homeNow, newcomerNow, homeNow, newcomerNow]) await server.refresh();
      for (const server of [homeNow, newcomerNow]) {
        expect(server.events.every((event) => event.kind === 'failed' && event.status === 503)).toBe(true);
      }
      expect(homeNow.registration).toEqual(home.registration);
      expect(guestsOf(homeNow).sort()).toEqual(['early-guest', 'late-guest']);
      expect(guestsOf(newcomerNow)).toEqual(['guest-of-newcomer']);
      expect((await ask(restored, 'GET', 'servers', { token })).status).toBe(503);

      const asked = await signpost(['restore', 'accept'], restored.environment);
      expect(asked.code).toBe(69);
      expect(asked.stdout).toMatch(/3 accounts, 1 servers, 3 links\./);
      expect(asked.stdout).toContain('they REMOVE\n    the guest users');
      const accepted = await signpost(['restore', 'accept', '--yes'], restored.environment);
      expect([accepted.code, accepted.stderr]).toEqual([0, '']);

      // A device that was signed in has to do so again, and then sees its server.
      const broker = restored;
      await eventually(async () => expect((await ask(broker, 'GET', 'servers', { token })).status).toBe(401));
      const again = await broker.app
        .get(DevicesService)
        .signIn(early, { app: 'Test/1', name: 'TV', network: '127.0.0.1' });
      expect((await ask(broker, 'GET', 'servers', { token: again })).list).toHaveLength(1);

      // The list is what the backup knows: the later link is gone, the ended one is back.
      await homeNow.refresh();
      expect(homeNow.registration).toEqual(home.registration);
      expect(guestsOf(homeNow).sort()).toEqual(['early-guest', 'ended-guest']);
      expect(homeNow.user('admin').connect).not.toBeNull();

      // A server that the backup does not know keeps its guests as long as the grace lasts.
      await newcomerNow.refresh();
      expect(newcomerNow.registration).toEqual(newcomer.registration);
      expect(guestsOf(newcomerNow)).toEqual(['guest-of-newcomer']);
      // Counted from when the command accepted, by the clock of the machine.
      broker.clock.advance(Date.now() + 8 * DAY - broker.clock.now());
      await newcomerNow.refresh();
      expect(newcomerNow.events).toContainEqual(
        expect.objectContaining({ kind: 'registration-rejected', status: 404 }),
      );
    },
  );
});

(WITH_POSTGRES ? describe : describe.skip)(
  'a broker that finds another PostgreSQL than before (R-13)',
  () => {
    let broker: TestBroker;
    let token = '';

    beforeAll(async () => {
      broker = await TestBroker.start({}, 'postgres');
      const person = await account(broker, 'ann');
      await acceptedLink(broker, await server(broker, 'attic'), person);
      token = await device(broker, person);
    });
    afterAll(() => broker.remove());

    /** Starts again on a database in which brokers wrote last when it was in another epoch. */
    async function startAfter(change: string, settings: Environment = {}): Promise<void> {
      await broker.close();
      await runOn(broker.environment['DATABASE_URL'] ?? '', `UPDATE database_epochs SET ${change}`);
      await broker.open(settings);
    }
    const listed = async (): Promise<number> => (await ask(broker, 'GET', 'servers', { token })).status;
    const accept = (): Promise<unknown> => signpost(['restore', 'accept', '--yes'], broker.environment);

    test('holds media servers and devices until it is accepted; people sign in', async () => {
      await startAfter('timeline = timeline - 1');
      expect(await listed()).toBe(503);
      const form = { nameOrEmail: 'ann', rawpw: PASSWORD };
      expect((await ask(broker, 'POST', 'user/authenticate', { form })).status).toBe(200);
      await startAfter('timeline = timeline');
      expect(await listed()).toBe(503);
      await accept();
      await eventually(async () => expect(await listed()).toBe(200));
      await startAfter('timeline = timeline');
      expect(await listed()).toBe(200);
    });

    test('holds nobody if only a standby that has everything may take over', async () => {
      await startAfter('timeline = timeline - 1', { DATABASE_STANDBY: 'synchronous' });
      expect(await listed()).toBe(200);
      await startAfter('timeline = timeline');
      expect(await listed()).toBe(200);
    });

    test.each(['timeline = timeline + 1', "system = '1'"])(
      'holds even then if it is none that could have taken over: %s',
      async (change) => {
        await startAfter(change, { DATABASE_STANDBY: 'synchronous' });
        expect(await listed()).toBe(503);
        await accept();
      },
    );
  },
);
