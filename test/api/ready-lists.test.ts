import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { ReadyLists } from '../../src/edges/api/servers/ready-lists.service.js';
import { AppSignIns } from '../../src/features/oauth/index.js';
import type { Account } from '../../src/features/accounts/index.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { Jobs } from '../../src/platform/jobs/jobs.service.js';
import { HOUR } from '../../src/shared/clock.js';
import { acceptedLink, account, server } from '../connect/cast.js';
import type { Answer, Call } from '../connect/ask.js';
import { beAloneAtOnce } from '../support/alone-at-once.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { api, problemIn } from './ask-api.js';
import { jwt, signIn } from './app-token.js';
import { claimsOf } from '../support/app-tokens.js';

beAloneAtOnce();

const VOLATILE = ['date', 'x-request-id', 'retry-after'];

function comparable({ status, headers, text: body }: Answer): object {
  const kept = Object.entries(headers).filter(([name]) => !VOLATILE.includes(name));
  // A problem says which request it answers.
  return { status, text: body.replace(/[0-9a-f-]{36}/g, ''), headers: Object.fromEntries(kept) };
}

/** Asks by the short way and by the long one, which a query forces: the answers must be the same to the byte. */
async function bothWays(broker: TestBroker, call: Call & { bearer?: string }): Promise<Answer> {
  const short = await api(broker, 'GET', 'servers', call);
  const long = await api(broker, 'GET', 'servers?wait=0', call);
  expect(comparable(short)).toEqual(comparable(long));
  return short;
}

/** How many requests were answered before the framework meanwhile. */
async function readyDuring(broker: TestBroker, work: () => Promise<unknown>): Promise<number> {
  const spy = jest.spyOn(broker.app.get(ReadyLists), 'answer');
  await work();
  const count = spy.mock.results.filter(({ value }) => value !== null).length;
  spy.mockRestore();
  return count;
}

const GET = 'GET /api/v1/servers HTTP/1.1';
const head = (line: string, bearer: string, ...more: string[]): string =>
  [line, 'Host: localhost', `Authorization: Bearer ${bearer}`, ...more, '', ''].join('\r\n');

/** A connection on which text was sent as it is. */
function dial(broker: TestBroker, sent: string): Socket {
  const socket = connect(Number(new URL(broker.url).port), '127.0.0.1');
  socket.write(sent);
  return socket;
}

/** Answers that came on one connection, each with its head; without what cannot be the same twice. */
const apart = (answers: string): string[] =>
  answers
    .split(/(?=HTTP\/1\.1 )/)
    .map((answer) => answer.replace(/X-Request-Id: .*/, '').replace(/Date: .*/, 'Date'));

async function cast(
  broker: TestBroker,
  name: string,
): Promise<{ bearer: string; signInId: string; person: Account }> {
  const person = await account(broker, name);
  const den = await server(broker, 'Den "1" 🎬', { localAddress: 'http://192.168.1.5:8096' });
  await acceptedLink(broker, den, person);
  const { token: bearer, signInId } = await signIn(broker, person);
  expect((await api(broker, 'GET', 'servers', { bearer })).status).toBe(200);
  return { bearer, signInId, person };
}

eachBroker('GET /api/v1/servers by the short way', { TRUST_PROXY: '127.0.0.0/8' }, (broker) => {
  test('answers to the byte what the controller answers, from elsewhere and from home', async () => {
    const { bearer } = await cast(broker(), 'ready-same');
    // Nothing is remembered before the broker has made sure that it hears of every change.
    await eventually(async () =>
      expect(await readyDuring(broker(), () => api(broker(), 'GET', 'servers', { bearer }))).toBe(1),
    );
    for (const from of ['127.0.0.1', '203.0.113.7', '2001:db8::7', '127.0.0.1'])
      for (const headers of [{}, { Origin: 'https://app.example.org' }, { 'If-None-Match': '*' }])
        await bothWays(broker(), { bearer, from, headers });
  });

  test.each([
    ['no token', {}],
    ['a wrong token', { bearer: 'a.b.c' }],
    ['another scheme', { headers: { Authorization: 'Basic x' } }],
  ])('refuses %s exactly as the controller does', async (_, call) => {
    expect((await bothWays(broker(), call)).status).toBe(401);
  });

  test('asks for the scope', async () => {
    const { token: bearer } = await signIn(broker(), await account(broker(), 'ready-scope'), ['profile']);
    for (let n = 0; n < 2; n += 1) expect((await bothWays(broker(), { bearer })).status).toBe(403);
  });

  test('knows an app no more once its sign-in has ended, or its token has expired (S-62)', async () => {
    const one = await cast(broker(), 'ready-ended');
    const other = await cast(broker(), 'ready-expired');
    expect((await api(broker(), 'DELETE', 'sign-ins/current', { bearer: one.bearer })).status).toBe(204);
    expect((await bothWays(broker(), one)).status).toBe(401);
    expect((await bothWays(broker(), other)).status).toBe(200);
    broker().clock.advance(HOUR);
    expect((await bothWays(broker(), other)).status).toBe(401);
  });

  test('answers the same bytes again without reading them, as long as all of it holds', async () => {
    const { bearer, person } = await cast(broker(), 'ready-again');
    const socket = dial(broker(), '');
    const again = async (...more: string[]): Promise<string> => {
      socket.write(head(GET, bearer, ...more));
      return String((await once(socket, 'data'))[0]);
    };
    const read = jest.spyOn(broker().app.get(ReadyLists), 'answer');
    await eventually(async () => {
      read.mockClear();
      expect([await again(), read.mock.calls.length]).toEqual([expect.stringContaining('200 OK'), 0]);
    });
    const etag = /etag: (.*)/i.exec(await again())?.[1] ?? '';
    const known = `If-None-Match: ${etag}`;
    for (let n = 0; n < 3; n += 1) expect(await again(known)).toContain('304 Not Modified');
    await acceptedLink(broker(), await server(broker(), 'Fresh'), person);
    for (const more of [[], [known]]) {
      const changed = await again(...more);
      expect([changed.slice(9, 12), changed]).toEqual(['200', expect.stringContaining('"Fresh"')]);
    }
    expect((await api(broker(), 'DELETE', 'sign-ins/current', { bearer })).status).toBe(204);
    for (const more of [[], [known]]) expect(await again(...more)).toContain('401 Unauthorized');
    read.mockRestore();
    socket.destroy();
  });

  test('judges the times of the same bytes anew: a clock set back, an hour’s stamp, the end of the token (R-27, S-62)', async () => {
    const { person, signInId } = await cast(broker(), 'ready-times');
    const { clock } = broker();
    const begun = clock.now();
    const exp = Math.floor(begun / 1_000) + 7_200;
    const claims = { sign_in: signInId, scope: 'servers:read', exp };
    const bearer = jwt(broker(), claimsOf(broker(), person.id, claims));
    const socket = dial(broker(), '');
    const again = async (): Promise<string> => {
      socket.write(head(GET, bearer));
      return String((await once(socket, 'data'))[0]).slice(9, 12);
    };
    const read = jest.spyOn(broker().app.get(ReadyLists), 'answer');
    const isAnsweredUnread = (): Promise<void> =>
      eventually(async () => {
        read.mockClear();
        expect([await again(), read.mock.calls.length]).toEqual(['200', 0]);
      });
    await isAnsweredUnread();
    clock.advance(-HOUR);
    expect(await again()).toBe('401');
    clock.advance(HOUR);
    await isAnsweredUnread();
    clock.advance(HOUR);
    await isAnsweredUnread();
    await broker().app.get(Jobs).idle();
    expect((await broker().app.get(AppSignIns).find(signInId))?.lastUsedAt).toBe(begun + HOUR);
    clock.advance(exp * 1_000 - clock.now());
    expect(await again()).toBe('401');
    read.mockRestore();
    socket.destroy();
  });

  test('stamps a remembered sign-in at most once an hour, and does stamp it', async () => {
    const { person, signInId } = await cast(broker(), 'ready-stamp');
    const begun = broker().clock.now();
    const lastUsed = async (): Promise<number> => {
      const claims = { sign_in: signInId, scope: 'servers:read' };
      const bearer = jwt(broker(), claimsOf(broker(), person.id, claims));
      for (let n = 0; n < 2; n += 1) await api(broker(), 'GET', 'servers', { bearer });
      await broker().app.get(Jobs).idle();
      return (await broker().app.get(AppSignIns).find(signInId))?.lastUsedAt ?? 0;
    };
    broker().clock.advance(HOUR - 1);
    expect(await lastUsed()).toBe(begun);
    broker().clock.advance(1);
    expect(await lastUsed()).toBe(begun + HOUR);
  });

  test('answers who reads late, in order and whole, and forgets who never does', async () => {
    const { bearer, person } = await cast(broker(), 'ready-late');
    // A long list: what the kernel takes is some megabytes.
    for (let n = 0; n < 20; n += 1) await acceptedLink(broker(), await server(broker(), `Den ${n}`), person);
    // Remembered: more than sixteen who wait for one that must be read are cut.
    await api(broker(), 'GET', 'servers', { bearer });
    const connected = once(broker().app.getHttpServer(), 'connection');
    const [late, [served]] = [dial(broker(), '').pause(), (await connected) as [Socket]];
    let sent = 0;
    // In turns of the loop of their own, as from a caller who does not wait, until the kernel takes no more.
    for (; served.writableLength === 0 && sent < 20_000; sent += 1) {
      late.write(head(GET, bearer));
      await new Promise(setImmediate);
    }
    expect(served.writableLength).toBeGreaterThan(0);
    late.write(head(GET, bearer).repeat(9) + head(GET, bearer, 'Connection: close'));
    const answers = apart(await text(late.resume()));
    expect(answers).toHaveLength(sent + 10);
    // On a machine that is busy some go the long way, which spells names in another way.
    const bodies = answers.map((one) => `${one.slice(0, 12)} ${one.slice(one.indexOf('{'))}`);
    expect([...new Set(bodies)]).toEqual([bodies[0]]);
    expect(bodies[0]).toMatch(/^HTTP\/1.1 200 .*"Den 19"/);
    const rude = dial(broker(), head(GET, bearer).repeat(3));
    await once(rude.destroy(), 'close');
    expect((await api(broker(), 'GET', 'servers', { bearer })).status).toBe(200);
  });

  test('writes the same line to the access log', async () => {
    const { bearer } = await cast(broker(), 'ready-log');
    const lines = (): object[] => broker().log.lines.filter(({ message }) => message === 'request');
    const before = lines().length;
    await bothWays(broker(), { bearer });
    await eventually(() => expect(lines()).toHaveLength(before + 2));
    const same = { method: 'GET', path: '/api/v1/servers', status: 200, network: '127.0.0.1' };
    for (const line of lines().slice(before)) expect(line).toMatchObject({ fields: same });
  });
});

describe('what stands before the framework', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await TestBroker.start({ LIMITS: 'on', LIMIT_API_REQUESTS_PER_APP_MINUTE: '6' });
  });
  afterAll(() => broker.remove());

  const raw = (sent: string): Promise<string> => text(dial(broker, sent));
  const statuses = (answers: string): string[] =>
    [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);

  test('counts together with the long way, and a refusal costs nothing (S-25)', async () => {
    const { bearer } = await cast(broker, 'raw-counted');
    for (let n = 0; n < 2; n += 1) await bothWays(broker, { bearer });
    expect((await api(broker, 'GET', 'servers', { bearer })).status).toBe(200);
    expect(problemIn(await bothWays(broker, { bearer })).status).toBe(429);
  });

  test('keeps the order of requests that come at once, whichever way each goes', async () => {
    const { bearer } = await cast(broker, 'raw-pipelined');
    const answers = await raw(
      head(GET, bearer) +
        head('GET /api/v1/servers?wait=0 HTTP/1.1', bearer) +
        head('GET /api/v1/nothing HTTP/1.1', bearer) +
        head(GET, bearer, 'Connection: close'),
    );
    expect(statuses(answers)).toEqual(['200', '200', '404', '200']);
  });

  test.each([[], ['If-None-Match: *']])('writes to the byte what Node makes of it %s', async (...more) => {
    const { bearer } = await cast(broker, `raw-bytes-${more.length}`);
    const asked = head(GET, bearer, ...more);
    // The second one waits for the first, so that Node puts it together.
    const [written, made, longWay] = apart(
      await raw(asked.repeat(2) + head('GET /api/v1/servers?wait=0 HTTP/1.1', bearer, 'Connection: close')),
    );
    expect(written).toBe(made);
    expect(written).toMatch(/\r\nConnection: keep-alive\r\nKeep-Alive: timeout=72\r\n\r\n/);
    expect(longWay).toContain('Connection: close');
  });

  test.each([[], ['If-None-Match: *']])(
    'answers before the parser, to the byte the same %s',
    async (...more) => {
      const { bearer } = await cast(broker, `raw-first-${more.length}`);
      let parsed = 0;
      const count = (): number => (parsed += 1);
      broker.app.getHttpServer().on('request', count);
      const socket = dial(broker, '');
      const answers: string[] = [];
      for (let n = 0; n < 3; n += 1) {
        socket.write(head(GET, bearer, ...more));
        answers.push(...apart(String((await once(socket, 'data'))[0])));
      }
      socket.destroy();
      broker.app.getHttpServer().off('request', count);
      expect([answers.length, new Set(answers).size, parsed]).toEqual([3, 1, 1]);
    },
  );

  test.each<[string, string, string[], string]>([
    ['HTTP/1.0', 'GET /api/v1/servers HTTP/1.0', [], '200'],
    ['an absolute target', 'GET http://localhost/api/v1/servers HTTP/1.1', [], '400'],
    ['a token twice: the first counts', GET, ['Authorization: Bearer x.y.z'], '200'],
    ['a GET with a body, which is not read as the next request', GET, ['Content-Length: 3'], '200'],
    ['an expectation', GET, ['Expect: 100-continue'], '100 200'],
    ['an upgrade that nobody offers', GET, ['Connection: Upgrade, close', 'Upgrade: websocket'], '200'],
  ])('takes %s', async (_, line, more, expected) => {
    const { bearer } = await cast(broker, `raw-${Buffer.from(_).toString('hex').slice(0, 20)}`);
    const body = more.includes('Content-Length: 3') ? 'abc' : '';
    const answers = await raw(head(line, bearer, ...more, 'Connection: close') + body);
    expect(statuses(answers).join(' ')).toBe(expected);
  });

  test('refuses names that are not the broker’s, as the framework does (S-35)', async () => {
    const { bearer } = await cast(broker, 'raw-host');
    const asked = head(GET, bearer, 'Connection: close').replace('Host: localhost', 'Host: evil.example');
    expect(statuses(await raw(asked))).toEqual(['421']);
  });

  test('lets go of connections while the broker stops', async () => {
    const { bearer } = await cast(broker, 'raw-draining');
    broker.app.get(Readiness).drain();
    expect((await bothWays(broker, { bearer })).headers.connection).toBe('close');
  });
});
