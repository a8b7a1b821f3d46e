import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { FirstLooksRepository } from '../../src/features/discovery/first-looks.repository.js';
import { ServersRepository } from '../../src/features/servers/servers.repository.js';
import { DevicesRepository } from '../../src/features/sessions/devices.repository.js';
import { digestOf } from '../../src/platform/crypto/digest.js';
import { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import { HOUR, MINUTE } from '../../src/shared/clock.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { ask, type Answer, type Call } from './ask.js';
import { comparable } from './ready-ways.js';
import { account, device, hex, server, sql, type CastServer } from './cast.js';

/** Whoever shows a credential of which nobody knows whether it is good costs a look into the database (S-25). */

const MOST = 8;
const SETTINGS = {
  LIMITS: 'on',
  TRUST_PROXY: '127.0.0.0/8',
  LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE: String(MOST),
};
const redisUrl = process.env['TEST_REDIS_URL'] ?? '';

/** Counters on Redis outlive a test, and go by its clock. */
const elsewhere = (): string => `2001:db8:${hex().slice(0, 4)}:${hex().slice(0, 4)}::1`;
const nobodys = (): string => hex() + hex();

type Way = (credential: string) => [method: string, path: string, call: Call];
const DEVICE_WAYS: Record<string, Way> = {
  E4: (token) => ['GET', 'servers', { token }],
  'E4 in an unusual form': (token) => ['GET', 'servers?x=1', { token }],
  E5: (token) => ['GET', 'servers?status=Waiting', { token }],
  E6: (token) => ['GET', 'user', { token }],
  E8: (token) => ['POST', 'user/logout', { token }],
  E14: (token) => ['DELETE', `ServerAuthorizations?serverId=${hex()}`, { token }],
  E15: (token) => ['GET', `ServerAuthorizations/accept?serverId=${hex()}`, { token }],
  E19: (token) => ['POST', 'pin/confirm', { token, form: { pin: 'BCDFGHJK' } }],
};
const SERVER_WAYS: Record<string, Way> = {
  'E6 of a server': (key) => ['GET', 'user?nameOrEmail=nobody', { key }],
  E11: (key) => [
    'POST',
    'ServerAuthorizations',
    { key, raw: { userId: '1', userType: 'Guest', accessToken: hex() } },
  ],
  E12: (key) => ['GET', 'ServerAuthorizations', { key }],
  E13: (key) => ['DELETE', 'ServerAuthorizations', { key, raw: { userId: '1' } }],
};
const WAYS = { ...DEVICE_WAYS, ...SERVER_WAYS };
/** What takes a right away is counted apart. */
const ENDINGS = new Set(['E8', 'E13', 'E14']);
const alike = (name: string): Way[] =>
  Object.entries(WAYS)
    .filter(([other]) => ENDINGS.has(other) === ENDINGS.has(name))
    .map(([, way]) => way);

afterEach(() => {
  jest.restoreAllMocks();
});

/** The key of a server that has proven nothing to this process. */
async function unseenKey(broker: TestBroker): Promise<string> {
  const [{ id }, key] = [await server(broker, 'Unseen'), nobodys()];
  await sql(broker, `UPDATE servers SET key_digest = '${digestOf(key)}' WHERE id = '${id}'`);
  return key;
}

/** Whatever reads whose a credential is. */
function readsOf({ app }: TestBroker): () => number {
  const spies = [
    jest.spyOn(app.get(DevicesRepository), 'findByDigest'),
    jest.spyOn(app.get(FirstLooksRepository), 'findByDigest'),
    jest.spyOn(app.get(ServersRepository), 'findByKeyDigest'),
    jest.spyOn(app.get(ServersRepository), 'find'),
  ];
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

function expectTooMany({ status, headers }: Answer): void {
  expect([status, headers['retry-after']]).toEqual([429, expect.stringMatching(/^[1-9]\d*$/)]);
}

function countsStrangers(broker: () => TestBroker): void {
  const go = (way: Way, credential: string, from: string): Promise<Answer> => {
    const [method, path, call] = way(credential);
    return ask(broker(), method, path, { ...call, from });
  };
  /** Until their network is refused. Nodes tell each other afterwards, so a limit may be let through once more. */
  const flood = async (from: string, way: Way): Promise<number> => {
    for (let tries = 0; tries <= 2 * MOST; tries += 1) {
      const answer = await go(way, nobodys(), from);
      if (answer.status === 401) continue;
      expectTooMany(answer);
      return tries;
    }
    throw new Error('strangers are never refused');
  };
  const floods = (from: string): Promise<number> => flood(from, WAYS['E5']!);

  test.each(Object.entries(WAYS))(
    '%s: random credentials are refused and nothing is read',
    async (name, way) => {
      const from = elsewhere();
      expect(await flood(from, way)).toBeGreaterThanOrEqual(MOST);
      const reads = readsOf(broker());
      for (const other of alike(name)) expectTooMany(await go(other, nobodys(), from));
      expect(reads()).toBe(0);
    },
  );

  test('who has proven to be somebody goes on, also when that is no longer remembered exactly', async () => {
    const from = elsewhere();
    const home = await server(broker(), 'Proven');
    const token = await device(broker(), await account(broker(), `proven-${hex().slice(0, 8)}`));
    for (const [way, credential] of [
      [WAYS['E4']!, token],
      [WAYS['E12']!, home.key],
    ] as const)
      expect((await go(way, credential, from)).status).toBe(200);
    await floods(from);
    for (const forget of [false, true]) {
      if (forget) broker().app.get(ChangeFeed).forget();
      for (const way of Object.values(DEVICE_WAYS).slice(0, 4))
        expect((await go(way, token, from)).status).toBe(200);
      expect((await go(WAYS['E12']!, home.key, from)).status).toBe(200);
    }
    expectTooMany(await go(WAYS['E4']!, nobodys(), from));
  });

  test('a crowd that comes back in one network is let in, at once and one by one', async () => {
    const from = elsewhere();
    const person = await account(broker(), `crowd-${hex().slice(0, 8)}`);
    for (let wave = 0; wave < 3; wave += 1) {
      const [tokens, homes] = [[] as string[], [] as string[]];
      for (let one = 0; one < 2 * MOST; one += 1) {
        tokens.push(await device(broker(), person));
        homes.push(await unseenKey(broker()));
      }
      const ways: [Way, string][] = [
        ...tokens.map((token, at): [Way, string] => [WAYS[at % 2 === 0 ? 'E4' : 'E5']!, token]),
        ...homes.map((key): [Way, string] => [WAYS['E12']!, key]),
      ];
      const few = ways.splice(0, MOST / 2);
      const together = await Promise.all(few.map(([way, credential]) => go(way, credential, from)));
      expect(together.map(({ status }) => status)).toEqual(Array(few.length).fill(200));
      for (const [way, credential] of ways) expect((await go(way, credential, from)).status).toBe(200);
    }
  });

  test('one that is good and has not been seen is told to come back where strangers have used up its network', async () => {
    const from = elsewhere();
    const key = await unseenKey(broker());
    const token = await device(broker(), await account(broker(), `unseen-${hex().slice(0, 8)}`));
    await floods(from);
    for (const name of Object.keys(DEVICE_WAYS).filter((one) => !ENDINGS.has(one)))
      expectTooMany(await go(WAYS[name]!, token, from));
    for (const name of Object.keys(SERVER_WAYS).filter((one) => !ENDINGS.has(one)))
      expectTooMany(await go(WAYS[name]!, key, from));
    const other = elsewhere();
    expect((await go(WAYS['E4']!, token, other)).status).toBe(200);
    expect((await go(WAYS['E12']!, key, other)).status).toBe(200);
    expect((await go(WAYS['E4']!, token, from)).status).toBe(200);
  });

  test('whoever ends what is theirs is let in although strangers ask for as much as their network may (R-42)', async () => {
    const from = elsewhere();
    const person = await account(broker(), `ends-${hex().slice(0, 8)}`);
    const tokens = [await device(broker(), person), await device(broker(), person)];
    const key = await unseenKey(broker());
    await floods(from);
    expectTooMany(await go(WAYS['E5']!, tokens[0]!, from));
    expect((await go(WAYS['E8']!, tokens[0]!, from)).status).toBe(200);
    for (const [name, credential] of [['E14', tokens[1]!] as const, ['E13', key] as const])
      expect((await go(WAYS[name]!, credential, from)).status).not.toBe(429);
  });

  test('strangers who end things keep nobody from asking, and are refused in their turn', async () => {
    const from = elsewhere();
    const token = await device(broker(), await account(broker(), `asks-${hex().slice(0, 8)}`));
    expect(await flood(from, WAYS['E8']!)).toBeGreaterThanOrEqual(MOST);
    expectTooMany(await go(WAYS['E8']!, token, from));
    expect((await go(WAYS['E5']!, token, from)).status).toBe(200);
    expect((await go(WAYS['E8']!, token, from)).status).toBe(200);
  });

  test('a token that was ended is a stranger’s the next time', async () => {
    const from = elsewhere();
    const token = await device(broker(), await account(broker(), `ended-${hex().slice(0, 8)}`));
    expect((await go(WAYS['E8']!, token, from)).status).toBe(200);
    await floods(from);
    expect((await go(WAYS['E5']!, token, from)).status).toBe(401);
    for (const way of [WAYS['E5']!, WAYS['E4']!]) expectTooMany(await go(way, token, from));
  });

  test('a read that fails says nothing about who asked, and counts for nothing', async () => {
    const from = elsewhere();
    const [devices, servers] = [broker().app.get(DevicesRepository), broker().app.get(ServersRepository)];
    const away = (): never => {
      throw new Error('the database is away');
    };
    jest.spyOn(devices, 'findByDigest').mockImplementation(away);
    jest.spyOn(broker().app.get(FirstLooksRepository), 'findByDigest').mockImplementation(away);
    jest.spyOn(servers, 'findByKeyDigest').mockImplementation(away);
    for (let count = 0; count < 2 * MOST; count += 1) {
      expect((await go(WAYS['E4']!, nobodys(), from)).status).toBe(503);
      expect((await go(WAYS['E12']!, nobodys(), from)).status).toBe(503);
    }
    jest.restoreAllMocks();
    expect(await floods(from)).toBeGreaterThanOrEqual(MOST);
  });
}

eachBroker('strangers (S-25)', SETTINGS, (broker) => {
  countsStrangers(broker);

  test('a network is refused after as many as it may, and until its minute is over', async () => {
    for (const way of Object.values(WAYS)) {
      const from = elsewhere();
      const [method, path] = way('');
      const stranger = (): Promise<Answer> => ask(broker(), method, path, { ...way(nobodys())[2], from });
      for (let count = 0; count < MOST; count += 1) expect((await stranger()).status).toBe(401);
      expectTooMany(await stranger());
      broker().clock.advance(MINUTE);
      expect((await stranger()).status).toBe(401);
    }
  });

  test('a bad credential is read once for each that is counted, and refused as by the framework', async () => {
    const home = await server(broker(), 'Home');
    const { name, url, systemId } = home;
    const form = { name, url, systemId };
    const update = (id: string): Way => {
      return (key) => ['POST', `Servers?id=${id}`, { form, ...(key === '' ? {} : { key }) }];
    };
    const ended = await device(broker(), await account(broker(), 'ended-once'));
    expect((await ask(broker(), 'GET', 'servers', { token: ended })).status).toBe(200);
    await ask(broker(), 'POST', 'user/logout', { token: ended });
    for (const [way, credential, status] of [
      [WAYS['E4']!, nobodys(), 401],
      [WAYS['E4']!, ended, 401],
      [WAYS['E15']!, nobodys(), 401],
      [update(home.id), nobodys(), 401],
      [update(home.id), '', 401],
      [update(hex()), nobodys(), 404],
    ] as const) {
      broker().app.get(ChangeFeed).forget();
      const [method, path, call] = way(credential);
      const [from, reads] = [elsewhere(), readsOf(broker())];
      const short = await ask(broker(), method, path, { ...call, from });
      expect([path, short.status, reads()]).toEqual([path, status, 1]);
      const more = path.includes('?') ? '&x=1' : '?x=1';
      expect(comparable(await ask(broker(), method, path + more, { ...call, from }))).toEqual(
        comparable(short),
      );
      // Both were counted, unless it was good before: the rest of what the network may.
      for (let count = credential === ended ? 1 : 2; count < MOST; count += 1)
        expect((await ask(broker(), method, path, { ...way(nobodys())[2], from })).status).toBe(status);
      expectTooMany(await ask(broker(), method, path, { ...way(nobodys())[2], from }));
      jest.restoreAllMocks();
    }
  });

  test('a whole IPv6 /48 has four times as much, not as much from each /64 of it (S-21)', async () => {
    const statuses: number[] = [];
    for (let subnet = 0; subnet < 6; subnet += 1) {
      for (let count = 0; count < MOST; count += 1) {
        const from = `2001:db8:4848:${subnet}::1`;
        statuses.push((await ask(broker(), 'GET', 'servers', { token: nobodys(), from })).status);
      }
    }
    expect(statuses).toEqual([...Array<number>(4 * MOST).fill(401), ...Array<number>(2 * MOST).fill(429)]);
  });

  test('a token that has run out is nobody’s', async () => {
    const from = elsewhere();
    const token = await device(broker(), await account(broker(), 'run-out'));
    expect((await ask(broker(), 'GET', 'servers', { token, from })).status).toBe(200);
    broker().clock.advance(91 * 24 * HOUR);
    for (let count = 0; count < MOST; count += 1)
      expect((await ask(broker(), 'GET', 'servers', { token: nobodys(), from })).status).toBe(401);
    broker().app.get(ChangeFeed).forget();
    const again = (): Promise<Answer> => ask(broker(), 'GET', 'servers?status=Waiting', { token, from });
    expect((await again()).status).toBe(401);
    expectTooMany(await again());
  });

  test('a crowd of servers that comes back tells its addresses from one network', async () => {
    const [from, homes] = [elsewhere(), [] as CastServer[]];
    for (let count = 0; count < 3 * MOST; count += 1) homes.push(await server(broker(), 'Comes back'));
    await broker().close();
    await broker().open();
    for (const { id, key, name, url, systemId } of homes) {
      const call = { key, raw: { name, url, systemId }, from };
      expect((await ask(broker(), 'POST', `Servers?id=${id}`, call)).status).toBe(200);
    }
  });
});

const isHere = redisUrl !== '' && Boolean(process.env['TEST_DATABASE_URL']);
(isHere ? describe : describe.skip)('strangers (S-25) with Redis', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await TestBroker.start({ ...SETTINGS, REDIS_URL: redisUrl }, 'postgres');
  });
  afterAll(() => broker.remove());
  countsStrangers(() => broker);
});
