import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/features/accounts/index.js';
import { RestoreHold } from '../../src/features/restores/index.js';
import { DAY } from '../../src/shared/clock.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/people.js';
import { ask, askAt, type Answer, type Call } from './ask.js';
import { acceptedLink, account, device, hex, server, sql, type CastServer } from './cast.js';

const FIELDS = { name: 'Cinema', url: 'https://media.example.org', systemId: hex() };
const UNKNOWN = { id: hex(), key: `${hex()}${hex()}` };

/** As a restore leaves it; read at once, where a node would need a second. */
async function hold(broker: TestBroker): Promise<void> {
  const at = broker.clock.now();
  await sql(
    broker,
    `INSERT INTO restores (id, backup_created_at, restored_at) VALUES ('${hex()}', ${at - DAY}, ${at})`,
  );
  await broker.app.get(RestoreHold).read();
}

/** As `signpost restore accept` does it. */
async function accept(broker: TestBroker): Promise<void> {
  await sql(broker, `UPDATE restores SET accepted_at = ${broker.clock.now()} WHERE accepted_at IS NULL`);
  await broker.app.get(RestoreHold).read();
}

function expectLater({ status, headers, text }: Answer): void {
  expect([status, text]).toEqual([503, expect.stringMatching(/^\{"message":"[^"]+Try again later\."\}$/)]);
  // Five minutes, spread.
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(150);
}

eachBroker('a restore hold (R-33)', {}, (broker) => {
  let home: CastServer;
  let alice: Account;
  let token: string;
  let request: (method: string, path: string, call?: Call) => Promise<Answer>;
  beforeAll(async () => {
    alice = await account(broker(), 'alice');
    home = await server(broker(), 'Home');
    await acceptedLink(broker(), home, alice);
    token = await device(broker(), alice);
    request = (method, path, call) => ask(broker(), method, path, call);
  });
  afterEach(async () => {
    await sql(broker(), 'DELETE FROM restores');
    await broker().app.get(RestoreHold).read();
  });

  const byServer = (credential: { id: string; key: string }): [string, Promise<Answer>][] => {
    const { id, key } = credential;
    const raw = { serverId: id, userId: alice.id, userType: 'Linked', accessToken: hex() };
    return [
      ['list', request('GET', 'ServerAuthorizations', { key, query: { serverId: id } })],
      ['update', request('POST', `Servers?id=${id}`, { key, raw: FIELDS })],
      ['look-up', request('GET', 'user', { key, query: { nameOrEmail: 'nobody-there' } })],
      ['link', request('POST', 'ServerAuthorizations', { key, raw })],
      ['end', request('DELETE', 'ServerAuthorizations', { key, raw: { serverId: id, userId: '12' } })],
    ];
  };

  test('tells every server, known or not, to come back later: nothing seems gone', async () => {
    await hold(broker());
    for (const [, answer] of [...byServer(home), ...byServer(UNKNOWN)]) expectLater(await answer);
    expectLater(await request('POST', 'Servers', { raw: FIELDS }));
  });

  test.each([
    ['that is signed in', () => token],
    ['with a token that is not known', () => UNKNOWN.key],
  ])('tells a device %s to come back later', async (_, tokenOf) => {
    await hold(broker());
    const call = { token: tokenOf() };
    expectLater(await request('GET', 'servers', call));
    expectLater(await request('GET', 'servers', { ...call, query: { status: 'Waiting' } }));
    expectLater(await request('GET', 'user', call));
    expectLater(await request('DELETE', 'ServerAuthorizations', { ...call, query: { serverId: home.id } }));
    expectLater(
      await request('GET', 'ServerAuthorizations/accept', { ...call, query: { serverId: home.id } }),
    );
    expectLater(await request('POST', 'user/logout', call));
  });

  test('lets people sign in, open pages and ask for a PIN', async () => {
    await hold(broker());
    const form = { nameOrEmail: 'alice', rawpw: PASSWORD };
    const signedIn = await request('POST', 'user/authenticate', { form });
    expect(signedIn.status).toBe(200);
    expectLater(await request('GET', 'servers', { token: signedIn.field('AccessToken') }));
    expect((await request('POST', 'pin', { form: { deviceId: hex() } })).status).toBe(200);
    expect((await askAt(broker(), 'GET', '/sign-in')).status).toBe(200);
    expect((await request('GET', 'ip')).status).toBe(200);
  });

  test('leaves the broker ready, and health checks name it', async () => {
    expect((await askAt(broker(), 'GET', '/health/ready')).object).toEqual({ status: 'ok' });
    await hold(broker());
    const ready = await askAt(broker(), 'GET', '/health/ready');
    expect([ready.status, ready.object]).toEqual([200, { status: 'ok', notices: ['restore-hold'] }]);
  });

  test('is warned of in the log at each start, and its refusals do not fill the log', async () => {
    await hold(broker());
    await broker().close();
    broker().log.lines.length = 0;
    await broker().open();
    expect(broker().log.lines.filter(({ message }) => message.startsWith('restore hold:'))).toEqual([
      expect.objectContaining({
        level: 'warn',
        fields: { backupOf: '2025-12-31T12:00:00.000Z', restoredAt: '2026-01-01T12:00:00.000Z' },
      }),
    ]);
    expectLater(await request('GET', 'servers', { token }));
    expect(broker().log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('that another process puts on or takes off is noticed within seconds', async () => {
    const at = broker().clock.now();
    await sql(
      broker(),
      `INSERT INTO restores (id, backup_created_at, restored_at) VALUES ('${hex()}', ${at}, ${at})`,
    );
    await eventually(async () => expectLater(await request('GET', 'servers', { token })));
    await sql(broker(), `UPDATE restores SET accepted_at = ${at}`);
    await eventually(async () => expect((await request('GET', 'servers', { token })).status).toBe(200));
  });

  describe('once it is accepted', () => {
    test('known servers and devices get their whole lists, and unknown devices must sign in', async () => {
      await hold(broker());
      await accept(broker());
      const { key, id } = home;
      const rows = await request('GET', 'ServerAuthorizations', { key, query: { serverId: id } });
      expect(rows.list.map((row) => row['UserId'])).toEqual([alice.id]);
      expect((await request('GET', 'servers', { token })).list).toHaveLength(1);
      expect((await request('GET', 'servers', { token: UNKNOWN.key })).status).toBe(401);
      expect((await request('POST', 'Servers', { raw: FIELDS })).status).toBe(200);
    });

    test('servers that it does not know are not told so before the grace is over', async () => {
      await hold(broker());
      await accept(broker());
      for (const [, answer] of byServer(UNKNOWN)) expectLater(await answer);
      // Its id is known, its key may have been changed since the backup.
      expectLater(await request('POST', `Servers?id=${home.id}`, { key: UNKNOWN.key, raw: FIELDS }));
      broker().clock.advance(7 * DAY);
      const { id, key } = UNKNOWN;
      expect((await request('POST', `Servers?id=${id}`, { key, raw: FIELDS })).status).toBe(404);
      expect((await request('POST', `Servers?id=${home.id}`, { key, raw: FIELDS })).status).toBe(401);
      expect((await request('GET', 'ServerAuthorizations', { key, query: { serverId: id } })).status).toBe(
        401,
      );
    });

    test('what cannot be an id or a key of this broker is refused as always', async () => {
      await hold(broker());
      await accept(broker());
      const key = UNKNOWN.key;
      expect((await request('POST', 'Servers?id=7', { key, raw: FIELDS })).status).toBe(404);
      expect((await request('POST', `Servers?id=${home.id}`, { raw: FIELDS })).status).toBe(401);
      expect((await request('GET', 'ServerAuthorizations', { key: 'no-key' })).status).toBe(401);
    });
  });
});
