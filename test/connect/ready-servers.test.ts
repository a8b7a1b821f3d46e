import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { ReadyServers } from '../../src/edges/connect/ready-servers.service.js';
import { ListsAhead } from '../../src/features/discovery/index.js';
import { FirstLooksRepository } from '../../src/features/discovery/first-looks.repository.js';
import { DevicesService } from '../../src/features/sessions/index.js';
import { LinksService } from '../../src/features/links/index.js';
import { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { Jobs } from '../../src/platform/jobs/jobs.service.js';
import { DAY, HOUR } from '../../src/shared/clock.js';
import { beAloneAtOnce } from '../support/alone-at-once.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { ask, askAt, type Answer, type Call } from './ask.js';
import { acceptedLink, account, device, disable, hex, server, sql, waitingLink } from './cast.js';

beAloneAtOnce();

/** What cannot be the same twice. */
const VOLATILE = ['date', 'x-request-id', 'etag', 'retry-after'];

function comparable({ status, headers, text }: Answer): object {
  const kept = Object.entries(headers).filter(([name]) => !VOLATILE.includes(name));
  return { status, text, headers: Object.fromEntries(kept) };
}

/** Answers the same by the short way as by the long one, which a query that must be read forces. */
async function expectSameBothWays(broker: TestBroker, call: Call): Promise<Answer> {
  const short = await askAt(broker, 'GET', '/service/servers', call);
  const long = await askAt(broker, 'GET', '/service/servers?other=1', call);
  expect(comparable(short)).toEqual(comparable(long));
  return short;
}

/** The paths of the access lines so far. */
const accessLines = (broker: TestBroker): unknown[] =>
  broker.log.lines.filter(({ message }) => message === 'request').map(({ fields }) => fields);

eachBroker('E4 by the short way', {}, (broker) => {
  test('answers to the byte what the controller answers: status, headers, body', async () => {
    const person = await account(broker(), `same-${hex().slice(0, 8)}`);
    const token = await device(broker(), person);
    expect((await expectSameBothWays(broker(), { token })).list).toEqual([]);
    for (const name of ['Kino "1" 🎬', 'Zwei'])
      await acceptedLink(broker(), await server(broker(), name), person);
    const answer = await expectSameBothWays(broker(), { token });
    expect(answer.list.map((entry) => entry['Name']).sort()).toEqual(['Kino "1" 🎬', 'Zwei']);
    expect(answer.headers.etag).toMatch(/^"[\w-]{22}"$/);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    const twice = await expectSameBothWays(broker(), { token });
    expect([twice.text, twice.headers.etag]).toEqual([answer.text, answer.headers.etag]);
  });

  test.each([
    ['no token', {}],
    ['an empty token', { token: '' }],
    ['a wrong token', { token: 'f'.repeat(64) }],
    ['a server key only', { key: 'f'.repeat(64) }],
    ['an origin', { headers: { Origin: 'https://app.example.org' } }],
  ])('refuses %s exactly as the controller does', async (_, call) => {
    expect((await expectSameBothWays(broker(), call)).status).toBe(401);
  });

  test('answers before the framework also what has to be read first, and 304', async () => {
    const person = await account(broker(), `cold-${hex().slice(0, 8)}`);
    await acceptedLink(broker(), await server(broker(), 'Kino'), person);
    const [token, other] = [await device(broker(), person), await device(broker(), person)];
    const ready = jest.spyOn(broker().app.get(ReadyServers), 'answer');
    const { headers, text } = await ask(broker(), 'GET', 'servers', { token });
    const known = { 'If-None-Match': headers.etag ?? '' };
    const same = await ask(broker(), 'GET', 'servers', { token: other, headers: known });
    const answers = await Promise.all(ready.mock.results.map(({ value }) => value));
    ready.mockRestore();
    expect([same.status, same.text]).toEqual([304, '']);
    expect(answers.map((answer) => (answer as { etag?: string }).etag)).toEqual([headers.etag, headers.etag]);
    expect((await expectSameBothWays(broker(), { token: other })).text).toBe(text);
  });

  test.each(['device_tokens', 'links'])(
    'tells trouble with %s as the controller does, after trying once, and counts once',
    async (table) => {
      const person = await account(broker(), `trouble-${hex().slice(0, 8)}`);
      const token = await device(broker(), person);
      const reads = jest.spyOn(broker().app.get(LinksService), 'usableBy');
      await sql(broker(), `ALTER TABLE ${table} RENAME TO hidden`);
      try {
        expect((await expectSameBothWays(broker(), { token })).status).toBe(503);
      } finally {
        await sql(broker(), `ALTER TABLE hidden RENAME TO ${table}`);
      }
      // By the long way, which found the token: by the short one both are one question.
      expect(reads).toHaveBeenCalledTimes(table === 'links' ? 1 : 0);
      reads.mockRestore();
      expect((await expectSameBothWays(broker(), { token })).status).toBe(200);
    },
  );

  test('reads a token together with the list of its account', async () => {
    const person = await account(broker(), `first-${hex().slice(0, 8)}`);
    await acceptedLink(broker(), await server(broker(), 'Kino'), person);
    await waitingLink(broker(), await server(broker(), 'Waits'), person);
    const token = await device(broker(), person);
    const looks = jest.spyOn(broker().app.get(FirstLooksRepository), 'findByDigest');
    const reads = jest.spyOn(broker().app.get(LinksService), 'usableBy');
    const { list } = await ask(broker(), 'GET', 'servers', { token });
    expect(list.map(({ Name }) => Name)).toEqual(['Kino']);
    expect([looks.mock.calls.length, reads.mock.calls.length]).toEqual([1, 0]);
    looks.mockRestore();
    reads.mockRestore();
  });

  test('reads no list that was read ahead', async () => {
    const person = await account(broker(), `ahead-${hex().slice(0, 8)}`);
    await acceptedLink(broker(), await server(broker(), 'Kino'), person);
    await waitingLink(broker(), await server(broker(), 'Waits'), person);
    const token = await device(broker(), person);
    const { app } = broker();
    await eventually(() => expect(app.get(ChangeFeed).hearsAll).toBe(true));
    app.get(ListsAhead).begin();
    await app.get(Jobs).idle();
    const looks = jest.spyOn(app.get(FirstLooksRepository), 'findByDigest');
    const reads = jest.spyOn(app.get(LinksService), 'usableBy');
    const { list } = await ask(broker(), 'GET', 'servers', { token });
    expect(list.map(({ Name }) => Name)).toEqual(['Kino']);
    expect([looks.mock.calls.length, reads.mock.calls.length]).toEqual([0, 0]);
    looks.mockRestore();
    reads.mockRestore();
    app.get(ChangeFeed).forget();
  });

  test('a link key that cannot be opened fails the list (R-01), and refuses nobody for another reason', async () => {
    const person = await account(broker(), `broken-${hex().slice(0, 8)}`);
    await acceptedLink(broker(), await server(broker(), 'Kino'), person);
    const token = await device(broker(), person);
    await sql(broker(), `UPDATE links SET sealed_key = 'broken' WHERE account_id = '${person.id}'`);
    expect((await expectSameBothWays(broker(), { token })).status).toBe(503);
    await disable(broker(), person.id);
    expect((await expectSameBothWays(broker(), { token })).status).toBe(401);
  });

  test('answers other origins as the controller does', async () => {
    const token = await device(broker(), await account(broker(), `cors-${hex().slice(0, 8)}`));
    const { headers } = await expectSameBothWays(broker(), { token, headers: { Origin: 'null' } });
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  test.each([
    '/service/servers',
    '/SERVICE/Servers',
    '/service/servers/',
    '/service/%73ervers',
    '/Service/SERVERS/?userId=',
  ])('answers %s', async (path) => {
    const person = await account(broker(), `path-${hex().slice(0, 8)}`);
    await acceptedLink(broker(), await server(broker(), 'Home'), person);
    const token = await device(broker(), person);
    expect((await askAt(broker(), 'GET', path, { token })).list).toHaveLength(1);
  });

  test('takes the own id in the query in any letter case, and refuses a foreign one', async () => {
    const person = await account(broker(), `own-${hex().slice(0, 8)}`);
    const token = await device(broker(), person);
    for (const name of ['userId', 'userid', 'USERID']) {
      const own = await askAt(broker(), 'GET', `/service/servers?${name}=${person.id}`, { token });
      expect([own.status, own.text]).toEqual([200, '[]']);
    }
    const foreign = await askAt(broker(), 'GET', '/service/servers?userId=12345', { token });
    const long = await askAt(broker(), 'GET', '/service/servers?userId=12345&other=1', { token });
    expect(foreign.status).toBe(403);
    expect(comparable(foreign)).toEqual(comparable(long));
  });

  test('leaves whatever must be read to the controller: a status, a body', async () => {
    const person = await account(broker(), `read-${hex().slice(0, 8)}`);
    await acceptedLink(broker(), await server(broker(), 'Home'), person);
    const token = await device(broker(), person);
    expect((await askAt(broker(), 'GET', '/service/servers?status=Waiting', { token })).list).toEqual([]);
    expect((await ask(broker(), 'GET', 'servers', { token, form: { userId: person.id } })).list).toHaveLength(
      1,
    );
    const labelled = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': '0' };
    expect((await ask(broker(), 'GET', 'servers', { token, headers: labelled })).list).toHaveLength(1);
  });

  test('answers 304 without a body to who has it already, until anything of it changes', async () => {
    const person = await account(broker(), `etag-${hex().slice(0, 8)}`);
    const home = await server(broker(), 'Home');
    await acceptedLink(broker(), home, person);
    const token = await device(broker(), person);
    const { headers } = await ask(broker(), 'GET', 'servers', { token });
    const again = (etag: string): Promise<Answer> =>
      ask(broker(), 'GET', 'servers', { token, headers: { 'If-None-Match': etag } });
    for (const etag of [headers.etag ?? '', `W/${headers.etag}`, `"x", ${headers.etag}`, '*']) {
      const same = await again(etag);
      expect([same.status, same.text, same.headers.etag]).toEqual([304, '', headers.etag]);
      expect(same.headers['cache-control']).toBe('no-store');
    }
    const { id, key, systemId, url } = home;
    const say = (name: string): Promise<Answer> =>
      ask(broker(), 'POST', `Servers?id=${id}`, { key, raw: { name, url, systemId } });
    expect((await say('Home')).status).toBe(200);
    broker().clock.advance(HOUR);
    expect((await say('Home')).status).toBe(200);
    expect((await again(headers.etag ?? '')).status).toBe(304);
    expect((await say('Den')).status).toBe(200);
    expect((await again(headers.etag ?? '')).status).toBe(200);
    await broker().app.get(LinksService).endByAccount(person.id, home.id);
    const changed = await again(headers.etag ?? '');
    expect([changed.status, changed.text]).toEqual([200, '[]']);
    expect((await again('"x"')).status).toBe(200);
  });

  test('writes the same line to the access log', async () => {
    const token = await device(broker(), await account(broker(), `log-${hex().slice(0, 8)}`));
    // From now on it is remembered, and answered before the framework.
    await ask(broker(), 'GET', 'servers', { token });
    await eventually(() => expect(accessLines(broker())).not.toHaveLength(0));
    const before = accessLines(broker()).length;
    await expectSameBothWays(broker(), { token });
    await eventually(() => expect(accessLines(broker()).slice(before)).toHaveLength(2));
    const [short, long] = accessLines(broker()).slice(before);
    const same = { method: 'GET', path: '/service/servers', status: 200, network: '127.0.0.1' };
    expect(short).toMatchObject({ ...same, requestId: expect.any(String), ms: expect.any(Number) });
    expect(long).toMatchObject({ ...same, parameters: ['other'] });
  });

  test('knows a token no more once its time has run out, by idling or for good', async () => {
    const person = await account(broker(), `time-${hex().slice(0, 8)}`);
    const token = await device(broker(), person);
    const status = async (): Promise<number> => {
      const answer = await ask(broker(), 'GET', 'servers', { token });
      // The stamp is written beside the request.
      await broker().app.get(Jobs).idle();
      return answer.status;
    };
    expect(await status()).toBe(200);
    broker().clock.advance(89 * DAY);
    expect(await status()).toBe(200);
    broker().clock.advance(89 * DAY);
    expect(await status()).toBe(200);
    broker().clock.advance(90 * DAY);
    expect(await status()).toBe(401);
  });

  test('stamps a remembered token at most once an hour, and does stamp it', async () => {
    const person = await account(broker(), `used-${hex().slice(0, 8)}`);
    const token = await device(broker(), person);
    const lastUsed = async (): Promise<number> =>
      (await broker().app.get(DevicesService).of(person.id))[0]?.lastUsedAt ?? 0;
    await ask(broker(), 'GET', 'servers', { token });
    const first = await lastUsed();
    broker().clock.advance(HOUR - 1);
    await ask(broker(), 'GET', 'servers', { token });
    expect(await lastUsed()).toBe(first);
    broker().clock.advance(1);
    await ask(broker(), 'GET', 'servers', { token });
    await eventually(async () => expect(await lastUsed()).toBe(first + HOUR));
  });

  test('knows a token no more once its device is ended or its account is switched off', async () => {
    const person = await account(broker(), `ended-${hex().slice(0, 8)}`);
    const [one, other] = [await device(broker(), person), await device(broker(), person)];
    const statuses = async (): Promise<number[]> =>
      Promise.all(
        [one, other].map(async (token) => (await ask(broker(), 'GET', 'servers', { token })).status),
      );
    expect(await statuses()).toEqual([200, 200]);
    expect((await ask(broker(), 'POST', 'user/logout', { token: one })).status).toBe(200);
    expect(await statuses()).toEqual([401, 200]);
    await disable(broker(), person.id);
    expect(await statuses()).toEqual([401, 401]);
  });
});

describe('E4 by the short way', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await TestBroker.start({ LIMITS: 'on', LIMIT_LISTS_PER_HOUR: '4', TRUST_PROXY: '127.0.0.0/8' });
  });
  afterAll(() => broker.remove());

  test('counts together with the long way (S-25)', async () => {
    const token = await device(broker, await account(broker, 'counted'));
    for (let n = 0; n < 2; n += 1) await expectSameBothWays(broker, { token });
    expect((await expectSameBothWays(broker, { token })).status).toBe(429);
  });

  test('counts the same bytes again, and lets nobody in by those of a device that has ended', async () => {
    const person = await account(broker, 'counted-again');
    const [token, other] = [await device(broker, person), await device(broker, person)];
    const socket = connect(Number(new URL(broker.url).port), '127.0.0.1');
    const again = async (of: string): Promise<string> => {
      const from = ['X-Forwarded-For: 198.51.100.7', `X-Connect-UserToken: ${of}`];
      socket.write(['GET /service/servers HTTP/1.1', 'Host: a', ...from, '', ''].join('\r\n'));
      return String((await once(socket, 'data'))[0]).slice(9, 12);
    };
    const statuses: string[] = [];
    for (let n = 0; n < 6; n += 1) statuses.push(await again(token));
    expect(statuses).toEqual(['200', '200', '200', '200', '429', '429']);
    for (let n = 0; n < 3; n += 1) expect(await again(other)).toBe('200');
    expect((await ask(broker, 'POST', 'user/logout', { token: other })).status).toBe(200);
    expect(await again(other)).toBe('401');
    socket.destroy();
  });

  test('comes in only where every request may: not with too long a URL', async () => {
    const narrow = await TestBroker.start({ LIMIT_URL_BYTES: '20' });
    expect((await askAt(narrow, 'GET', '/service/servers')).status).toBe(401);
    expect((await askAt(narrow, 'GET', '/service/servers?userId=12345')).status).toBe(414);
    await narrow.remove();
  });

  test('says that the connection ends while the broker stops', async () => {
    const token = await device(broker, await account(broker, 'draining'));
    broker.app.get(Readiness).drain();
    expect((await expectSameBothWays(broker, { token })).headers.connection).toBe('close');
  });
});
