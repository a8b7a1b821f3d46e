import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { join } from 'node:path';
import { LinkRequestsService, LinksService } from '../../src/features/links/index.js';
import type { Account } from '../../src/features/accounts/index.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { ask, type Answer, type Call } from './ask.js';
import { acceptedLink, account, accounts, device, hex, server, sql, type CastServer } from './cast.js';

const MOST_BYTES = 256 * 1_024;
const FIELDS = { name: 'New name', url: 'https://new.example.org' };

/** Trouble as the wire has to tell it: come back later, and never "you are unknown" (product rules 2 and 3). */
function expectTrouble({ status, headers, text, object }: Answer): void {
  expect([status, text]).toEqual([503, expect.any(String)]);
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(object).toEqual({ message: expect.any(String) });
  expect(text).not.toMatch(/sqlite|postgres|select|table|links|column|at /i);
}

const rows = (broker: TestBroker, { id, key }: CastServer): Promise<Answer> =>
  ask(broker, 'GET', 'ServerAuthorizations', { key, query: { serverId: id } });
const entries = (broker: TestBroker, token: string): Promise<Answer> =>
  ask(broker, 'GET', 'servers', { token });
const update = (broker: TestBroker, { id, key, systemId }: CastServer): Promise<Answer> =>
  ask(broker, 'POST', `Servers?id=${id}`, { key, raw: { ...FIELDS, systemId } });

const unchanged = (broker: TestBroker, { id, key, name, url, systemId }: CastServer): Promise<Answer> =>
  ask(broker, 'POST', `Servers?id=${id}`, { key, raw: { name, url, systemId } });

describe('the largest lists there can be', () => {
  let broker: TestBroker;
  let home: CastServer;
  let people: Account[];
  beforeAll(async () => {
    // The mails about all these links are not what is tested.
    broker = await TestBroker.start({ LIMIT_MAILS_PER_SECOND: '1' });
    home = await server(broker, 'Cinema');
    people = await accounts(
      broker,
      Array.from({ length: 501 }, (_, at) => `${at}`.padStart(3, '0').padEnd(32, 'w')),
    );
    // In one unit of work: a sync to disk for each would take most of the time of this file.
    await broker.app.get(UnitOfWork).run(async () => {
      for (const { id } of people.slice(0, 500)) {
        const link = { accountId: id, kind: 'linked' as const, key: longestKey(), requester: undefined };
        await broker.app.get(LinkRequestsService).request(home, link);
      }
    });
  });
  afterAll(() => broker.remove());

  test('500 links on one server all stand in one answer of at most 256 KiB, and the next link is refused', async () => {
    const { status, list, text } = await rows(broker, home);
    expect(status).toBe(200);
    expect(list.map((row) => row['UserId']).sort()).toEqual(
      people
        .slice(0, 500)
        .map(({ id }) => id)
        .sort(),
    );
    // "Accepted" is a byte longer than "Waiting", "false" than "true".
    expect(Buffer.byteLength(text) + 2 * 500).toBeLessThanOrEqual(MOST_BYTES);
    const raw = { userId: people[500]!.id, userType: 'Linked', accessToken: hex() };
    expect((await ask(broker, 'POST', 'ServerAuthorizations', { key: home.key, raw })).status).toBe(409);
  });

  test('200 servers of one account all stand in one answer of at most 256 KiB, and the next link is refused', async () => {
    const person = await account(broker, 'collector');
    const address = (at: number): string => `https://a${at}.${'x'.repeat(60)}.example/`.padEnd(320, 'y');
    const ids: string[] = [];
    await broker.app.get(UnitOfWork).run(async () => {
      for (let at = 0; at < 200; at += 1) {
        const fields = { url: address(at), localAddress: address(at), systemId: `${at}`.padEnd(64, 's') };
        const one = await server(broker, '🎬'.repeat(64), fields);
        const link = {
          accountId: person.id,
          kind: 'linked' as const,
          key: longestKey(),
          requester: undefined,
        };
        await broker.app.get(LinkRequestsService).request(one, link);
        await broker.app.get(LinksService).accept(person.id, { serverId: one.id });
        ids.push(one.id);
      }
    });
    const { list, text } = await entries(broker, await device(broker, person));
    expect(list.map((entry) => entry['Id']).sort()).toEqual(ids.sort());
    expect(list.every((entry) => String(entry['Url']).length === 320)).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES);
    const more = await server(broker, 'One more');
    const raw = { userId: person.id, userType: 'Linked', accessToken: hex() };
    expect((await ask(broker, 'POST', 'ServerAuthorizations', { key: more.key, raw })).status).toBe(409);
  });
});

eachBroker('a link key that cannot be decrypted', {}, (broker) => {
  test.each([
    ['changed', `substr(sealed_key, 1, length(sealed_key) - 6) || 'AAAAAA'`],
    ['cut', `substr(sealed_key, 1, 20)`],
    ['of a key that is gone', `'lost.' || sealed_key`],
    ['missing', 'NULL'],
  ])('(%s) fails the whole list of its server and of its account, and nobody else’s', async (_, sealed) => {
    const [home, other] = [await server(broker(), 'Broken'), await server(broker(), 'Sound')];
    const [anna, bert] = await accounts(broker(), [`anna-${hex().slice(0, 6)}`, `bert-${hex().slice(0, 6)}`]);
    for (const person of [anna!, bert!]) await acceptedLink(broker(), home, person);
    await acceptedLink(broker(), other, bert!);
    await sql(
      broker(),
      `UPDATE links SET sealed_key = ${sealed} WHERE server_id = '${home.id}' AND account_id = '${anna!.id}'`,
    );
    expectTrouble(await rows(broker(), home));
    expectTrouble(await entries(broker(), await device(broker(), anna!)));
    expect((await rows(broker(), other)).list).toHaveLength(1);
    expect((await entries(broker(), await device(broker(), bert!))).list).toHaveLength(2);
    // A new key for the link mends it.
    const raw = { userId: anna!.id, userType: 'Linked', accessToken: hex() };
    expect((await ask(broker(), 'POST', 'ServerAuthorizations', { key: home.key, raw })).status).toBe(200);
    expect((await rows(broker(), home)).list).toHaveLength(2);
  });

  test('swapped with that of another link is not taken for the other’s', async () => {
    const home = await server(broker(), 'Swapped');
    const people = await accounts(broker(), [`s1-${hex().slice(0, 6)}`, `s2-${hex().slice(0, 6)}`]);
    for (const person of people) await acceptedLink(broker(), home, person);
    const [one, two] = people.map(({ id }) => `server_id = '${home.id}' AND account_id = '${id}'`);
    await sql(
      broker(),
      `UPDATE links SET sealed_key = (SELECT sealed_key FROM links WHERE ${one}) WHERE ${two}`,
    );
    expectTrouble(await rows(broker(), home));
  });
});

eachBroker('a table that cannot be read', {}, (broker) => {
  test.each(['links', 'servers', 'accounts', 'device_tokens'])(
    '(%s) is never an empty list, a 401 or a 404',
    async (table) => {
      const home = await server(broker(), 'Hidden table');
      const person = await account(broker(), `without-${table.slice(0, 8)}`.replace(/_/g, '-'));
      const token = await device(broker(), person);
      await acceptedLink(broker(), home, person);
      const calls: [method: string, path: string, call: Call][] = [
        ['POST', `Servers?id=${home.id}`, { key: home.key, raw: { ...FIELDS, systemId: home.systemId } }],
        ['GET', 'ServerAuthorizations', { key: home.key }],
        ['DELETE', 'ServerAuthorizations', { key: home.key, raw: { userId: person.id } }],
        ['GET', 'user', { key: home.key, query: { nameOrEmail: person.userName } }],
        ['GET', 'servers', { token }],
        ['GET', 'servers', { token, query: { status: 'Waiting' } }],
        ['GET', 'ServerAuthorizations/accept', { token, query: { serverId: home.id } }],
        ['DELETE', 'serverAuthorizations', { token, query: { serverId: home.id } }],
        ['POST', 'user/authenticate', { form: { nameOrEmail: person.userName, rawpw: 'whatever it is' } }],
      ];
      const touched = TOUCHED[table] ?? [];
      await sql(broker(), `ALTER TABLE ${table} RENAME TO hidden`);
      try {
        for (const at of touched) {
          const [method, path, call] = calls[at]!;
          expectTrouble(await ask(broker(), method, path, call));
        }
      } finally {
        await sql(broker(), `ALTER TABLE hidden RENAME TO ${table}`);
      }
      expect((await rows(broker(), home)).list).toHaveLength(1);
      expect((await entries(broker(), token)).list).toHaveLength(1);
    },
  );
});

/** Which of the calls above need which table. */
const TOUCHED: Readonly<Record<string, readonly number[]>> = {
  links: [1, 2, 4, 5, 6, 7],
  servers: [0, 1, 2, 3, 4, 5, 6],
  accounts: [1, 3, 4, 5, 6, 7, 8],
  device_tokens: [4, 5, 6, 7],
};

describe('an SQLite file', () => {
  async function scene(work: (now: Scene) => Promise<void>): Promise<void> {
    const broker = await TestBroker.start();
    try {
      const home = await server(broker, 'Home');
      const people = await accounts(broker, ['one', 'two', 'three']);
      for (const person of people) await acceptedLink(broker, home, person, 'guest');
      // Heard from this network once, so that the same again is nothing new.
      expect((await unchanged(broker, home)).status).toBe(200);
      await work({ broker, home, token: await device(broker, people[0]!), person: people[0]! });
    } finally {
      await broker.remove();
    }
  }
  interface Scene {
    readonly broker: TestBroker;
    readonly home: CastServer;
    readonly token: string;
    readonly person: Account;
  }

  /** Lists stay whole, news is refused with 503, and nothing says that somebody is unknown. */
  async function expectReadsAlone({ broker, home, token, person }: Scene): Promise<void> {
    const answers = await Promise.all([
      update(broker, home),
      ask(broker, 'POST', 'Servers', { raw: { ...FIELDS, systemId: 'new' } }),
      ask(broker, 'DELETE', 'ServerAuthorizations', { key: home.key, raw: { userId: person.id } }),
      ask(broker, 'DELETE', 'serverAuthorizations', { token, query: { serverId: home.id } }),
      ask(broker, 'POST', 'pin', { form: { deviceId: 'tv' } }),
      ask(broker, 'POST', 'user/logout', { token }),
    ]);
    answers.forEach(expectTrouble);
    expect((await rows(broker, home)).list).toHaveLength(3);
    expect((await entries(broker, token)).list).toHaveLength(1);
    // Nothing new costs no write, so it holds even now.
    expect((await unchanged(broker, home)).status).toBe(200);
  }

  test('that another program has locked lets lists through, whole, and refuses news with 503', async () => {
    await scene(async (now) => {
      const other = new Sqlite(join(now.broker.dataDir, 'signpost.sqlite'), { timeout: 1_000 });
      other.exec('BEGIN EXCLUSIVE');
      try {
        await expectReadsAlone(now);
      } finally {
        other.exec('ROLLBACK');
        other.close();
      }
      expect((await update(now.broker, now.home)).status).toBe(200);
      expect((await rows(now.broker, now.home)).list).toHaveLength(3);
    });
  });

  test('that cannot be written any more lets lists through, whole, and refuses news with 503', async () => {
    await scene(async (now) => {
      await sql(now.broker, 'PRAGMA query_only = ON');
      await expectReadsAlone(now);
      await sql(now.broker, 'PRAGMA query_only = OFF');
      expect((await update(now.broker, now.home)).status).toBe(200);
    });
  });

  test('without room for a page more refuses news with 503 and keeps what it has', async () => {
    await scene(async ({ broker, home, token }) => {
      const [{ page_count: pages } = { page_count: 0 }] = (await sql(broker, 'PRAGMA page_count')) as {
        page_count: number;
      }[];
      await sql(broker, `PRAGMA max_page_count = ${pages}`);
      const statuses = new Set<number>();
      for (let count = 0; count < 200 && !statuses.has(503); count += 1) {
        const raw = { name: 'x'.repeat(64), url: `https://a.example/${'x'.repeat(300)}`, systemId: hex() };
        statuses.add((await ask(broker, 'POST', 'Servers', { raw })).status);
      }
      expect([...statuses].sort()).toEqual([200, 503]);
      expect((await rows(broker, home)).list).toHaveLength(3);
      expect((await entries(broker, token)).list).toHaveLength(1);
    });
  });
});

function longestKey(): string {
  return (hex() + hex() + hex() + hex()).padEnd(128, '0');
}
