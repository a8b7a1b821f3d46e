import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Listeners } from '../../src/edges/api/servers/listeners.service.js';
import { AccountClosingService, PasswordChange, type Account } from '../../src/features/accounts/index.js';
import { LinksService } from '../../src/features/links/index.js';
import { AccessTokens } from '../../src/features/oauth/index.js';
import { ServersService } from '../../src/features/servers/index.js';
import { besideOnPostgres, besideOnSqlite } from '../../src/platform/database/beside.js';
import { Jobs } from '../../src/platform/jobs/jobs.service.js';
import { tables } from '../../src/tables.js';
import { acceptedLink, account, server, type CastServer } from '../connect/cast.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { claimsOf } from '../support/app-tokens.js';
import { eventually } from '../support/eventually.js';
import { api, problemIn } from './ask-api.js';
import { jwt, signIn } from './app-token.js';
import { EventReader } from './event-reader.js';
import { PASSWORD } from '../support/people.js';

const ORIGIN = { network: '127.0.0.1', sessionId: 'none' };

async function rename(broker: TestBroker, at: CastServer, name: string): Promise<void> {
  const fields = { name, url: at.url, systemId: at.systemId, localAddress: undefined };
  await broker.app.get(ServersService).update(at.id, at.key, () => fields, '203.0.113.1');
}

const leave = (broker: TestBroker, who: Account, at: CastServer): Promise<void> =>
  broker.app.get(LinksService).endByAccount(who.id, at.id);

/** The next heartbeat, with which a stream looks whether it missed something, comes too late for any of this. */
const NO_HEARTBEAT = { EVENT_HEARTBEAT_SECONDS: '3600' };

/** From now on nobody who has ended is found by looking, every second, who still may listen: they are told, or go on. */
function lookAway(broker: TestBroker): void {
  jest
    .spyOn(broker.app.get(AccessTokens), 'liveAmong')
    .mockImplementation((ids) => Promise.resolve(new Set(ids)));
}
afterEach(() => {
  jest.restoreAllMocks();
});

eachBroker('GET /api/v1/servers/events', NO_HEARTBEAT, (broker) => {
  test('begins with the whole list, then tells what is added, changed and removed when it happens', async () => {
    const maria = await account(broker(), 'maria');
    const den = await server(broker(), 'Den');
    await acceptedLink(broker(), den, maria);
    const { token: bearer } = await signIn(broker(), maria, ['servers:read']);
    const list = await api(broker(), 'GET', 'servers', { bearer });
    const reader = await EventReader.open(broker(), bearer);
    expect(reader.incoming.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(await reader.next()).toMatchObject({
      event: 'snapshot',
      data: { ...list.object, etag: list.headers.etag },
    });

    const loft = await server(broker(), 'Loft');
    const key = await acceptedLink(broker(), loft, maria);
    expect(await reader.next()).toMatchObject({
      event: 'added',
      data: { id: loft.id, name: 'Loft', linkKey: key },
    });
    await rename(broker(), den, 'Cellar');
    expect(await reader.next()).toMatchObject({ event: 'changed', data: { id: den.id, name: 'Cellar' } });
    await leave(broker(), maria, loft);
    expect(await reader.next()).toMatchObject({ event: 'removed', data: { id: loft.id } });
    reader.close();
  });

  test('goes on where the app was: only what changed since, step by step', async () => {
    const nora = await account(broker(), 'nora');
    const [den, loft] = [await server(broker(), 'Den'), await server(broker(), 'Loft')];
    await acceptedLink(broker(), den, nora);
    await acceptedLink(broker(), loft, nora);
    const { token: bearer } = await signIn(broker(), nora);
    const first = await EventReader.open(broker(), bearer);
    const { id = '' } = (await first.next()) ?? {};
    first.close();
    await leave(broker(), nora, den);
    await rename(broker(), loft, 'Attic');
    const second = await EventReader.open(broker(), bearer, id);
    const removed = await second.next();
    expect(removed).toMatchObject({ event: 'removed', data: { id: den.id } });
    expect(await second.next()).toMatchObject({ event: 'changed', data: { id: loft.id, name: 'Attic' } });
    second.close();
    // Cut off between the two: the rest comes again, and nothing else.
    const third = await EventReader.open(broker(), bearer, removed?.id);
    expect(await third.next()).toMatchObject({ event: 'changed', data: { id: loft.id } });
    third.close();
  });

  test.each([...['x', 'k!', 'kAAAA', `k${'A'.repeat(1_600)}`, '"etag"', '0'].entries()])(
    'starts anew with all of it when the last event is none of ours (%#)',
    async (at, lastEventId) => {
      const who = await account(broker(), `anew-${at}`);
      const { token: bearer } = await signIn(broker(), who);
      const reader = await EventReader.open(broker(), bearer, lastEventId);
      expect(await reader.next()).toMatchObject({ event: 'reset', data: { servers: [] } });
      reader.close();
    },
  );

  test('tells nothing of other people', async () => {
    const [olga, pia] = [await account(broker(), 'olga'), await account(broker(), 'pia')];
    const { token: bearer } = await signIn(broker(), olga);
    const reader = await EventReader.open(broker(), bearer);
    expect(await reader.next()).toMatchObject({ event: 'snapshot' });
    await acceptedLink(broker(), await server(broker(), 'Of Pia'), pia);
    const mine = await server(broker(), 'Of Olga');
    await acceptedLink(broker(), mine, olga);
    expect(await reader.next()).toMatchObject({ event: 'added', data: { id: mine.id } });
    reader.close();
  });

  test('ends when the app signs out, with a word', async () => {
    const { token: bearer } = await signIn(broker(), await account(broker(), 'rosa'));
    const reader = await EventReader.open(broker(), bearer);
    await reader.next();
    lookAway(broker());
    await api(broker(), 'DELETE', 'sign-ins/current', { bearer });
    expect(await reader.next()).toMatchObject({ event: 'bye', data: { reason: 'signed-out' } });
    expect(await reader.next()).toBeNull();
  });

  test('is refused like any other request', async () => {
    expect(problemIn(await api(broker(), 'GET', 'servers/events'))).toMatchObject({ code: 'token-missing' });
    const { token: bearer } = await signIn(broker(), await account(broker(), 'uwe'), ['links:manage']);
    expect(problemIn(await api(broker(), 'GET', 'servers/events', { bearer }))).toMatchObject({
      code: 'scope-missing',
    });
    expect(problemIn(await api(broker(), 'GET', 'servers/events?x=1', { bearer }))).toMatchObject({
      status: 403,
    });
    const posted = await api(broker(), 'POST', 'servers/events', { bearer });
    expect(problemIn(posted)).toMatchObject({ status: 405, code: 'method-not-allowed' });
    expect(posted.headers.allow).toBe('GET, OPTIONS');
  });
});

eachBroker('GET /api/v1/servers/events with every heartbeat', { EVENT_HEARTBEAT_SECONDS: '1' }, (broker) => {
  test('shows that it lives', async () => {
    const { token: bearer } = await signIn(broker(), await account(broker(), 'quin'));
    const reader = await EventReader.open(broker(), bearer);
    await eventually(() => expect(reader.comments).toContain(':'));
    reader.close();
  });

  test('ends when the token expires, and tells nothing after that', async () => {
    const tilda = await account(broker(), 'tilda');
    const { token: bearer } = await signIn(broker(), tilda);
    const reader = await EventReader.open(broker(), bearer);
    await reader.next();
    broker().clock.advance(20 * 60_000);
    await acceptedLink(broker(), await server(broker(), 'Too late'), tilda);
    expect(await reader.next()).toMatchObject({ event: 'bye' });
    expect(await reader.next()).toBeNull();
  });
});

eachBroker('who listens without being let in any more', NO_HEARTBEAT, (broker) => {
  interface Open {
    readonly who: Account;
    /** Does it, and waits until it has ended the event stream, and the long poll. */
    readonly ends: (change: () => Promise<unknown>) => Promise<unknown>;
  }

  async function open(userName: string, lifeSeconds = 900): Promise<Open> {
    const who = await account(broker(), userName);
    const { signInId } = await signIn(broker(), who);
    const exp = Math.floor(broker().clock.now() / 1_000) + lifeSeconds;
    const bearer = jwt(
      broker(),
      claimsOf(broker(), who.id, { sign_in: signInId, scope: 'servers:read', exp }),
    );
    const reader = await EventReader.open(broker(), bearer);
    await reader.next();
    const { headers } = await api(broker(), 'GET', 'servers', { bearer });
    const known = { 'If-None-Match': String(headers.etag) };
    const opened = jest.spyOn(broker().app.get(Listeners), 'open');
    const poll = api(broker(), 'GET', 'servers?wait=60', { bearer, headers: known });
    await eventually(() => expect(opened).toHaveBeenCalled());
    opened.mockRestore();
    const ends = async (change: () => Promise<unknown>): Promise<void> => {
      await change();
      expect(await reader.next()).toMatchObject({ event: 'bye' });
      // By itself it would end after its minute, with the list.
      expect(problemIn(await poll)).toMatchObject({ code: 'token-invalid' });
    };
    return { who, ends };
  }

  test.each<[string, (who: Account) => Promise<unknown>]>([
    [
      'the account is closed',
      ({ id }) => broker().app.get(AccountClosingService).close(id, PASSWORD, ORIGIN),
    ],
    [
      'the password is new',
      ({ id }) => broker().app.get(PasswordChange).change(id, PASSWORD, 'another battery staple', ORIGIN),
    ],
  ])('ends at once when %s', async (what, change) => {
    const { who, ends } = await open(`at-once-${what.length}`);
    lookAway(broker());
    await ends(() => change(who));
  });

  test('ends when another process has disabled the account, or ended the sign-in (S-13)', async () => {
    const { DATABASE_URL: url } = broker().environment;
    const beside =
      url === undefined ? besideOnSqlite(broker().dataDir, tables) : besideOnPostgres(url, tables);
    const others = await beside;
    try {
      const disabled = await open('disabled');
      const ended = await open('ended');
      // In this process its SQLite must not wait for a lock that the broker holds: nobody could let go of it meanwhile.
      if (url === undefined) await others.writer.query('PRAGMA busy_timeout = 0');
      const without = (sql: string) => (): Promise<unknown> => eventually(() => others.writer.query(sql));
      await Promise.all([
        disabled.ends(without(`UPDATE accounts SET state = 'disabled' WHERE id = '${disabled.who.id}'`)),
        ended.ends(without(`DELETE FROM app_sign_ins WHERE account_id = '${ended.who.id}'`)),
      ]);
    } finally {
      await others.close();
    }
  });

  test('others are looked for every second (S-13)', () => {
    const every = jest.spyOn(broker().app.get(Jobs), 'every').mockReturnValue();
    broker().app.get(Listeners).onModuleInit();
    expect(every).toHaveBeenCalledWith(expect.stringContaining('who listens'), 1_000, expect.any(Function));
  });

  test('ends with the token', async () => {
    const { ends } = await open('expired', 2);
    const passTwoSeconds = (): Promise<void> => {
      broker().clock.advance(2_000);
      return Promise.resolve();
    };
    await ends(passTwoSeconds);
  });
});

describe('event streams', () => {
  test('give their place back, and end with a word when the broker stops', async () => {
    const broker = await TestBroker.start({ LIMIT_LISTENERS_PER_ACCOUNT: '1' });
    try {
      const { token: bearer } = await signIn(broker, await account(broker, 'maria'));
      const first = await EventReader.open(broker, bearer);
      await first.next();
      const refused = await api(broker, 'GET', 'servers/events', { bearer });
      expect(problemIn(refused)).toMatchObject({ status: 429, code: 'too-many-listeners' });
      first.close();
      const second = await eventually(() => EventReader.open(broker, bearer));
      await second.next();
      const closed = broker.close();
      expect(await second.next()).toMatchObject({ event: 'bye', data: { reason: 'stopping' } });
      expect(await second.next()).toBeNull();
      await closed;
    } finally {
      await broker.remove();
    }
  });
});
