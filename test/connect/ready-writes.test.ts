import { afterEach, expect, jest, test } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { ReadyUpdates } from '../../src/edges/connect/ready-updates.service.js';
import type { Account } from '../../src/features/accounts/index.js';
import { AuditRepository } from '../../src/features/audit/audit.repository.js';
import { ServersRepository } from '../../src/features/servers/servers.repository.js';
import { ServersService } from '../../src/features/servers/index.js';
import { LoadShedder } from '../../src/platform/http/overload/load-shedder.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { Limiter } from '../../src/platform/limits/limiter.js';
import { Transaction } from '../../src/platform/database/transaction.js';
import { RestoreHold } from '../../src/features/restores/index.js';
import { eventually } from '../support/eventually.js';
import { eachBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import { ask, type Call } from './ask.js';
import { account, acceptedLink, device, hex, server, sql, waitingLink, type CastServer } from './cast.js';
import { AS_OPERATED, bothWays, comparable, isReady, news, waysAt, type Ask } from './ready-ways.js';

/** New addresses and accepted links (P-6), which are written ahead of the framework, and are refused by it; sign-ins are too. */

afterEach(() => {
  jest.restoreAllMocks();
});

eachBroker('ahead of the framework', AS_OPERATED, (broker) => {
  const { update, accept, signIn } = waysAt(broker);
  const moveBack = ({ id }: CastServer) =>
    sql(broker(), `UPDATE servers SET url = 'http://a.example' WHERE id = '${id}'`);
  const waitAgain = (person: Account) =>
    sql(broker(), `UPDATE links SET state = 'waiting', accepted_at = NULL WHERE account_id = '${person.id}'`);
  const urlOf = async ({ id }: CastServer) => (await broker().app.get(ServersRepository).find(id))?.url;
  /** A person whom a server waits for. */
  async function asked(name: string): Promise<{ home: CastServer; person: Account; token: string }> {
    const [home, person] = [await server(broker(), name), await account(broker(), name)];
    await waitingLink(broker(), home, person);
    return { home, person, token: await device(broker(), person) };
  }

  test('a new address is answered to the byte as by it', async () => {
    const home = await server(broker(), 'Home 🎬');
    for (const call of [
      {},
      { form: news(home) },
      { headers: { Origin: 'https://app.example.org' } },
      { headers: { Connection: 'close' } },
      { headers: { 'If-None-Match': '*' } },
      { from: '203.0.113.9' },
    ]) {
      const moved = { Id: home.id, Url: 'http://192.0.2.9:8096', Name: 'Home 🎬' };
      expect((await bothWays(update(home, call), () => moveBack(home))).object).toEqual(moved);
      expect(await urlOf(home)).toBe(moved.Url);
      await moveBack(home);
      expect(await isReady(broker(), () => update(home, call)(''))).toBe(true);
    }
  });

  test.each<[string, (home: CastServer) => Call, number]>([
    ['a wrong key', () => ({ key: hex() + hex() }), 401],
    ['no key', () => ({ key: '' }), 401],
    ['an address that is none', (home) => ({ raw: { ...news(home), url: 'nonsense' } }), 400],
    ['no name', (home) => ({ raw: { ...news(home), name: '' } }), 400],
    [
      'a name given twice',
      (home) => ({ body: `name=a&name=b&url=http://192.0.2.9&systemId=${home.systemId}` }),
      400,
    ],
    ['bytes that are no text', () => ({ body: Buffer.from([0x6e, 0xff]) }), 400],
    ['another kind of body', () => ({ body: '<x/>', headers: { 'Content-Type': 'text/xml' } }), 400],
    ['a body beyond what is small', (home) => ({ raw: { ...news(home), name: 'x'.repeat(3_000) } }), 400],
    ['a body beyond what is read', (home) => ({ raw: { ...news(home), name: 'x'.repeat(70_000) } }), 413],
  ])('%s is refused by it, and nothing was done', async (_, callOf, status) => {
    const home = await server(broker(), 'Kept');
    const call = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, ...callOf(home) };
    expect((await bothWays(update(home, call))).status).toBe(status);
    expect(await isReady(broker(), () => update(home, call)(''))).toBe(false);
    expect(await urlOf(home)).toBe(home.url);
  });

  test('a server that is gone is told so by it', async () => {
    const home = await server(broker(), 'Gone');
    expect((await bothWays(update(home, {}, hex() as CastServer['id']))).status).toBe(404);
    await sql(broker(), `DELETE FROM servers WHERE id = '${home.id}'`);
    expect((await bothWays(update(home))).status).toBe(404);
  });

  test('an accepted link is answered to the byte as by it, and once more', async () => {
    const { home, person, token } = await asked('yes');
    for (const call of [
      {},
      { headers: { Origin: 'https://app.example.org' } },
      { headers: { Connection: 'close' } },
    ]) {
      expect((await bothWays(accept(token, home.id, call), () => waitAgain(person))).text).toBe('{}');
      expect((await bothWays(accept(token, home.id, call))).status).toBe(200);
      expect(await isReady(broker(), () => accept(token, home.id, call)(''))).toBe(true);
      expect((await ask(broker(), 'GET', 'servers', { token })).list).toHaveLength(1);
    }
  });

  test('an answer that cannot be is told as by it: no token, no link, a twin', async () => {
    const { home, person, token } = await asked('no');
    for (const wrong of ['', hex() + hex()])
      expect((await bothWays(accept(wrong, home.id))).status).toBe(401);
    expect((await bothWays(accept(token, hex()))).status).toBe(404);
    await acceptedLink(broker(), await server(broker(), 'Twin', { systemId: home.systemId }), person);
    const twin = await bothWays(accept(token, home.id, { headers: { Origin: 'https://app.example.org' } }));
    expect(twin.status).toBe(409);
  });

  test('trouble while it is written is told as by it, after one try, counted once, and nothing is kept', async () => {
    const { home, person, token } = await asked('trouble');
    const app = broker().app;
    const ways = [
      update(home),
      accept(token, home.id),
      signIn({ nameOrEmail: person.userName, rawpw: PASSWORD }),
    ];
    for (const [at, way] of ways.entries()) {
      await sql(broker(), 'ALTER TABLE audit_events RENAME TO hidden');
      const [written, take, now] = [
        jest.spyOn(app.get(AuditRepository), 'add'),
        jest.spyOn(app.get(Limiter), 'take'),
        jest.spyOn(app.get(Limiter), 'takeNow'),
      ];
      try {
        const short = await way('');
        // A look at a token that has proven nothing is counted by itself, and so is a guess before it is looked at (S-20).
        const counts = [written, now, take].map(({ mock }) => mock.calls.length);
        expect(counts).toEqual([1, at === 1 ? 2 : 1, at === 2 ? 2 : 0]);
        const [row] = written.mock.calls[0] ?? [];
        expect(row?.requestId).toBe(short.headers['x-request-id']);
        expect(comparable(short)).toEqual(comparable(await way('&x=1')));
        expect(short.status).toBe(503);
      } finally {
        jest.restoreAllMocks();
        await sql(broker(), 'ALTER TABLE hidden RENAME TO audit_events');
      }
    }
    expect(await urlOf(home)).toBe(home.url);
    expect((await ask(broker(), 'GET', 'servers', { token })).list).toEqual([]);
    const signedIn = `SELECT id FROM device_tokens WHERE account_id = '${person.id}'`;
    expect(await sql(broker(), signedIn)).toHaveLength(1);
    for (const way of ways) expect((await way('')).status).toBe(200);
  });

  test('of many at once each is done or refused on its own, and what was done is written down once', async () => {
    const [homes, askedFor] = [
      await Promise.all(['1', '2', '3', '4'].map((name) => server(broker(), name))),
      await Promise.all(['m1', 'm2', 'm3', 'm4'].map(asked)),
    ];
    const [home, person] = [homes[0]!, askedFor[0]!];
    const told = async (ways: readonly Ask[]): Promise<number[]> =>
      (await Promise.all(ways.map((way) => way('')))).map(({ status }) => status);
    const statuses = await told([
      ...homes.map((one) => update(one)),
      ...askedFor.map((one) => accept(one.token, one.home.id)),
      update(home, { raw: { ...news(home), url: 'http://192.0.2.10' } }),
      update(home, { key: hex() + hex() }),
      accept(person.token, person.home.id),
      accept(person.token, hex()),
    ]);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 200, 401, 200, 404]);
    const urls = await Promise.all(homes.map(urlOf));
    expect(urls.slice(1)).toEqual(homes.slice(1).map(() => news(home)['url']));
    expect([news(home)['url'], 'http://192.0.2.10']).toContain(urls[0]);
    const written = await sql(
      broker(),
      `SELECT kind, server_id AS id FROM audit_events WHERE kind IN ('server-changed', 'link-accepted')
        AND server_id IN (${[...homes, ...askedFor.map((one) => one.home)].map(({ id }) => `'${id}'`).join()})`,
    );
    expect(written).toHaveLength(homes.length + 1 + askedFor.length);
    for (const { token } of askedFor)
      expect((await ask(broker(), 'GET', 'servers', { token })).list).toHaveLength(1);
  });

  test('nothing is acknowledged before it is on disk', async () => {
    const { home, person, token } = await asked('durable');
    const [app, disk] = [broker().app, new EventEmitter()];
    const comes = signIn({ nameOrEmail: person.userName, rawpw: PASSWORD });
    for (const way of [update(home), accept(token, home.id), comes]) {
      const answered = jest.fn();
      const written = jest.spyOn(app.get(AuditRepository), 'add');
      const commit = Reflect.get<Transaction, 'commit'>(Transaction.prototype, 'commit');
      jest.spyOn(Transaction.prototype, 'commit').mockImplementation(async function (this: Transaction) {
        // Jobs commit too, and on SQLite whoever is held keeps others from beginning.
        if (written.mock.calls.length > 0) await once(disk, 'there');
        await commit.call(this);
      });
      const answer = way('').then(answered);
      try {
        await eventually(() => expect(written).toHaveBeenCalled());
        for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
        expect(answered).not.toHaveBeenCalled();
      } finally {
        jest.restoreAllMocks();
        disk.emit('there');
        await answer;
      }
      expect(answered).toHaveBeenCalledWith(expect.objectContaining({ status: 200 }));
    }
  });

  test('what is written down names the request, as do the answer and the access log', async () => {
    const { home, person, token } = await asked('named');
    const fields = (message: string): unknown[] =>
      broker()
        .log.lines.filter((line) => line.message === message)
        .map((line) => line.fields);
    for (const [way, ...kinds] of [
      [update(home), 'server-changed'],
      [accept(token, home.id), 'link-accepted'],
      [signIn({ nameOrEmail: person.userName, rawpw: PASSWORD }), 'sign-in', 'device-signed-in'],
    ] as const) {
      const requestId = (await way('')).headers['x-request-id'];
      const rows = await sql(
        broker(),
        `SELECT kind, network FROM audit_events WHERE request_id = '${String(requestId)}' ORDER BY kind DESC`,
      );
      expect(rows).toEqual(kinds.map((kind) => ({ kind, network: '127.0.0.1' })));
      expect(fields('audit').at(-1)).toMatchObject({ requestId, audit: { kind: kinds.at(-1) } });
      expect(fields('request').at(-1)).toMatchObject({ requestId, status: 200, ms: expect.any(Number) });
    }
    expect(fields('request').slice(-3)).toMatchObject([
      { method: 'POST', path: '/service/Servers', parameters: ['id'] },
      {
        method: 'GET',
        path: '/service/ServerAuthorizations/accept',
        parameters: ['serverId'],
      },
      { method: 'POST', path: '/service/user/authenticate' },
    ]);
  });

  test('whoever is over a limit is refused by it', async () => {
    const { home, person, token } = await asked('limited');
    jest.spyOn(broker().app.get(Limiter), 'takeNow').mockReturnValue(false);
    const comes = signIn({ nameOrEmail: person.userName, rawpw: PASSWORD });
    for (const way of [update(home), accept(token, home.id), comes])
      expect(await isReady(broker(), async () => expect((await way('')).status).toBe(200))).toBe(false);
  });

  test('after a restore everybody waits for the operator, but people sign in', async () => {
    const { home, person, token } = await asked('restored');
    const at = broker().clock.now();
    const held = `INSERT INTO restores (id, backup_created_at, restored_at) VALUES ('${hex()}', ${at - 1}, ${at})`;
    await sql(broker(), held);
    await broker().app.get(RestoreHold).read();
    for (const way of [update(home), accept(token, home.id)]) expect((await bothWays(way)).status).toBe(503);
    expect((await bothWays(signIn({ nameOrEmail: person.userName, rawpw: PASSWORD }))).status).toBe(200);
    await sql(broker(), 'DELETE FROM restores');
    await broker().app.get(RestoreHold).read();
    expect(await urlOf(home)).toBe(home.url);
  });

  test('while the broker stops, its connections end', async () => {
    const { home, person, token } = await asked('draining');
    const socket = connect(Number(new URL(broker().url).port), '127.0.0.1');
    const said = new URLSearchParams(news(home)).toString();
    const say = async (): Promise<string> => {
      socket.write(
        `POST /service/Servers?id=${home.id} HTTP/1.1\r\nHost: localhost\r\nX-Connect-Token: ${home.key}\r\n` +
          `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${said.length}\r\n\r\n${said}`,
      );
      return String((await once(socket, 'data'))[0]);
    };
    expect(await say()).toContain('200 OK');
    await moveBack(home);
    // Begun before the parser, and let go by it as the broker begins to stop; then kept waiting for its turn.
    const updates = broker().app.get(ReadyUpdates);
    const answer = updates.answer.bind(updates);
    const begun = jest.spyOn(updates, 'answer').mockImplementationOnce((request, network) => {
      queueMicrotask(() => broker().app.get(Readiness).drain());
      return answer(request, network);
    });
    const again = jest.spyOn(broker().app.get(ServersService), 'update');
    jest
      .spyOn(broker().app.get(LoadShedder), 'hasRoom', 'get')
      // Asked for bytes that may have come before, and for what they say.
      .mockReturnValueOnce(true)
      .mockReturnValueOnce(true)
      .mockReturnValueOnce(false);
    expect(await say()).toMatch(/200 OK[^]*Connection: close/);
    expect([begun.mock.calls.length, again.mock.calls.length]).toEqual([1, 0]);
    expect(await urlOf(home)).toBe(news(home)['url']);
    jest.restoreAllMocks();
    socket.destroy();
    const comes = signIn({ nameOrEmail: person.userName, rawpw: PASSWORD });
    for (const way of [update(home), accept(token, home.id), comes])
      expect((await bothWays(way)).headers.connection).toBe('close');
  });
});
