import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { ReadyUpdates } from '../../src/edges/connect/ready-updates.service.js';
import { RestoreHold } from '../../src/features/restores/index.js';
import { ServersRepository } from '../../src/features/servers/servers.repository.js';
import { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { Limiter, type Rule } from '../../src/platform/limits/limiter.js';
import { Strangers } from '../../src/platform/limits/strangers.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { digestOf } from '../../src/platform/crypto/digest.js';
import { HOUR } from '../../src/shared/clock.js';
import { TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { ask, type Answer, type Call } from './ask.js';
import { hex, server, sql, type CastServer } from './cast.js';

/** Updates of a server that the broker has read before and remembers. */
let broker: TestBroker;
let home: CastServer;
const reads = () => jest.spyOn(broker.app.get(ServersRepository), 'find');

beforeAll(async () => {
  broker = await TestBroker.start({ TRUST_PROXY: '127.0.0.0/8' });
  await eventually(() => expect(broker.app.get(ChangeFeed).isAlone).toBe(true));
});
afterAll(() => broker.remove());
beforeEach(async () => {
  home = await server(broker, 'Home');
  // Once for its network, which is news and forgets it, and once to be read.
  expect((await update()).status).toBe(200);
  expect((await update()).status).toBe(200);
});
afterEach(() => {
  jest.restoreAllMocks();
});

function update(call: Call = {}): Promise<Answer> {
  const { name, url, systemId } = home;
  return ask(broker, 'POST', `Servers?id=${home.id}`, {
    key: home.key,
    ...(call.body === undefined ? { raw: { name, url, systemId } } : {}),
    ...call,
  });
}

/** Whether an update was answered before the framework. */
async function isReady(work: () => Promise<unknown>): Promise<boolean> {
  const spy = jest.spyOn(broker.app.get(ReadyUpdates), 'answer');
  await work();
  const [result] = spy.mock.results;
  spy.mockRestore();
  return result?.type === 'return' && (await result.value) !== null;
}

function comparable({ status, headers, text: body }: Answer): object {
  return { status, body, headers: { ...headers, date: '', 'x-request-id': '', 'retry-after': '' } };
}

/** The same by the short way and by the long one, which a parameter more forces. */
async function bothWays(call: Call = {}): Promise<Answer> {
  const short = await update(call);
  const { name, url, systemId } = home;
  const long = await ask(broker, 'POST', `Servers?id=${home.id}&x=1`, {
    key: home.key,
    raw: { name, url, systemId },
    ...call,
  });
  expect(comparable(short)).toEqual(comparable(long));
  return short;
}

/** Sends text as it is, in pieces, and reads until the connection ends. */
async function raw(...pieces: string[]): Promise<string> {
  const socket = connect(Number(new URL(broker.url).port), '127.0.0.1').setNoDelay();
  for (const piece of pieces) {
    await new Promise((done) => socket.write(piece, done));
    await setImmediate();
  }
  return text(socket);
}
const body = (): string => `name=${home.name}&url=${home.url}&systemId=${home.systemId}`;
const head = (...more: string[]): string =>
  [
    `POST /service/Servers?id=${home.id} HTTP/1.1`,
    'Host: localhost',
    `X-Connect-Token: ${home.key}`,
    'Content-Type: application/x-www-form-urlencoded',
    ...more,
    '',
    '',
  ].join('\r\n');
const statuses = (answers: string): string[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);

test('what was said before is answered before the framework, to the byte as by it', async () => {
  expect(await isReady(() => update())).toBe(true);
  for (const headers of [{}, { Origin: 'https://app.example.org' }, { 'If-None-Match': '*' }])
    expect((await bothWays({ headers })).object).toEqual({ Id: home.id, Url: home.url, Name: home.name });
  expect(await isReady(() => update({ headers: { Connection: 'close' } }))).toBe(true);
  await bothWays({ headers: { Connection: 'close' } });
});

const JSON_TYPE = { 'Content-Type': 'application/json' };
test.each<[string, () => Call, number]>([
  ['less', () => ({ raw: { name: 'Home' } }), 400],
  ['nothing', () => ({ raw: {} }), 400],
  ['the same as JSON', () => ({ body: JSON.stringify(said()), headers: JSON_TYPE }), 200],
  ['the same under another type', () => ({ headers: { 'Content-Type': 'text/plain' } }), 200],
  ['compressed', () => ({ headers: { 'Content-Encoding': 'gzip' } }), 400],
  ['a wrong key', () => ({ key: hex() + hex() }), 401],
  ['no key', () => ({ key: '' }), 401],
  ['a key that is none', () => ({ key: 'Connect-Register' }), 401],
])('%s goes on to the framework as it came', async (_, call, status) => {
  expect(await isReady(async () => expect((await update(call())).status).toBe(status))).toBe(false);
  expect(await broker.app.get(ServersRepository).find(home.id)).toMatchObject({ name: 'Home' });
});

test.each<[string, () => Call, string]>([
  ['another name of the same length', () => ({ raw: { ...said(), name: 'Hone' } }), 'Hone'],
  ['the same escaped', () => ({ form: said() }), 'Home'],
  ['the same from another network', () => ({ from: '203.0.113.9' }), 'Home'],
])('%s is read, and taken', async (_, call, name) => {
  expect(await isReady(async () => expect((await update(call())).status).toBe(200))).toBe(true);
  const network = call().from ?? '127.0.0.1';
  expect(await broker.app.get(ServersRepository).find(home.id)).toMatchObject({ name, network });
});
const said = (): Record<string, string> => ({ name: home.name, url: home.url, systemId: home.systemId });

test('however it comes over the wire', async () => {
  const [text, sized] = [body(), `Content-Length: ${body().length}`];
  const whole = head(sized) + text;
  const end = head(sized, 'Connection: close') + text;
  // At once, with the body behind the head, in pieces, by chunks, and with 100 Continue before it.
  expect(statuses(await raw(whole.repeat(3) + end))).toEqual(['200', '200', '200', '200']);
  expect(statuses(await raw(head(sized), text, end))).toEqual(['200', '200']);
  expect(statuses(await raw(whole.slice(0, -9), text.slice(-9), head(sized), text + end))).toHaveLength(3);
  const chunk = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
  expect(statuses(await raw(head('Transfer-Encoding: chunked') + chunk + end))).toEqual(['200', '200']);
  expect(statuses(await raw(head('Expect: 100-continue', sized), text, end))).toEqual(['100', '200', '200']);
  expect(statuses(await raw(end.replace('HTTP/1.1', 'HTTP/1.0')))).toEqual(['200']);
  const rude = connect(Number(new URL(broker.url).port), '127.0.0.1');
  rude.write(head(sized) + text.slice(1), () => rude.destroy());
  await once(rude, 'close');
  expect((await update()).status).toBe(200);
});

test('writes the same line to the access log', async () => {
  const lines = () => broker.log.lines.filter(({ message }) => message === 'request');
  const before = lines().length;
  await bothWays();
  await eventually(() => expect(lines()).toHaveLength(before + 2));
  const same = { method: 'POST', path: '/service/Servers', status: 200, network: '127.0.0.1' };
  const [short, long] = lines().slice(before);
  expect(short).toMatchObject({ fields: { ...same, parameters: ['id'] } });
  expect(long).toMatchObject({ fields: { ...same, parameters: ['id', 'x'] } });
});

test('counts together with the long way: per server who has proven to be it, else per network, and once (S-25)', async () => {
  const limiter = broker.app.get(Limiter);
  const [take, now] = [jest.spyOn(limiter, 'take'), jest.spyOn(limiter, 'takeNow')];
  await bothWays();
  const [[ofServer], [anonymous]] = now.mock.calls.map(([rules]) => rules) as [Rule[], Rule[]];
  expect(take.mock.calls).toEqual([[[ofServer]]]);
  for (const spy of [take, now]) spy.mockClear();
  expect((await update({ key: hex() + hex() })).status).toBe(401);
  expect([now.mock.calls, take.mock.calls]).toEqual([[[[anonymous]]], []]);
  now.mockReturnValue(false);
  expect(await isReady(() => bothWays())).toBe(false);
});

test('a key that proves nothing any more is a stranger’s the next time', async () => {
  await sql(broker, `UPDATE servers SET key_digest = '${digestOf(hex())}' WHERE id = '${home.id}'`);
  const looks = jest.spyOn(broker.app.get(Strangers), 'lookNow');
  for (const counted of [0, 1]) {
    broker.app.get(ChangeFeed).forget();
    expect((await update()).status).toBe(401);
    expect(looks).toHaveBeenCalledTimes(counted);
  }
});

test('with nothing new it neither reads nor writes, and answers the same bytes as one that reads', async () => {
  const [read, written] = [reads(), jest.spyOn(broker.app.get(UnitOfWork), 'run')];
  const known = await update();
  expect([read.mock.calls, written.mock.calls]).toEqual([[], []]);
  broker.app.get(ChangeFeed).forget();
  const anew = await update();
  expect([read.mock.calls.length, written.mock.calls]).toEqual([1, []]);
  expect([known.status, known.text]).toEqual([anew.status, anew.text]);
  const each = { date: '', 'x-request-id': '' };
  expect({ ...known.headers, ...each }).toEqual({ ...anew.headers, ...each });
});

test('news is written and known at once, and once an hour that it was heard', async () => {
  const news = { name: 'Moved', url: 'http://192.0.2.9:8096', systemId: home.systemId };
  expect((await update({ raw: news })).object).toMatchObject({ Name: 'Moved', Url: 'http://192.0.2.9:8096' });
  expect((await update()).object).toMatchObject({ Name: 'Home' });
  expect(await broker.app.get(ServersRepository).find(home.id)).toMatchObject({ name: 'Home' });
  broker.clock.advance(HOUR);
  await update();
  expect((await broker.app.get(ServersRepository).find(home.id))?.heardAt).toBe(broker.clock.now());
});

test('a wrong key is refused only after a read, and not at all when nothing can be read', async () => {
  const read = reads();
  const wrong = { key: hex() + hex() };
  expect((await update(wrong)).status).toBe(401);
  expect(read).toHaveBeenCalledTimes(1);
  read.mockRejectedValue(new Error('the database is away'));
  for (const call of [wrong, { key: '' }]) expect((await update(call)).status).toBeGreaterThanOrEqual(500);
  expect((await update()).status).toBe(200);
});

test('a key that somebody else has replaced proves nothing any more, and the new one does', async () => {
  const key = hex() + hex();
  await sql(broker, `UPDATE servers SET key_digest = '${digestOf(key)}' WHERE id = '${home.id}'`);
  expect([(await update()).status, (await update({ key })).status]).toEqual([401, 200]);
});

test('a server that somebody else has removed is unknown', async () => {
  await sql(broker, `DELETE FROM servers WHERE id = '${home.id}'`);
  expect((await update()).status).toBe(404);
});

test('an address that somebody else has changed is news again', async () => {
  await sql(broker, `UPDATE servers SET url = 'http://192.0.2.77' WHERE id = '${home.id}'`);
  expect((await update()).status).toBe(200);
  expect(await broker.app.get(ServersRepository).find(home.id)).toMatchObject({ url: home.url });
});

test('after a restore it waits for the operator like any other', async () => {
  const at = broker.clock.now();
  const row = `INSERT INTO restores (id, backup_created_at, restored_at) VALUES ('${hex()}', ${at - 1}, ${at})`;
  await sql(broker, row);
  await broker.app.get(RestoreHold).read();
  expect((await update()).status).toBe(503);
  await sql(broker, 'DELETE FROM restores');
  await broker.app.get(RestoreHold).read();
  expect((await update()).status).toBe(200);
});

test('answers what it holds back before it closes, though nobody has let it drain', async () => {
  const updates = broker.app.get(ReadyUpdates);
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let goOn = (): void => undefined;
  const answer = updates.answer.bind(updates);
  const socket = connect(Number(new URL(broker.url).port), '127.0.0.1').setNoDelay();
  const whole = head(`Content-Length: ${body().length}`) + body();
  socket.write(whole);
  expect(String((await once(socket, 'data'))[0])).toContain('200 OK');
  jest.spyOn(updates, 'answer').mockImplementationOnce(async (request, network) => {
    begin();
    await new Promise<void>((resolve) => (goOn = resolve));
    return answer(request, network);
  });
  socket.write(whole);
  await begun;
  const server = broker.app.getHttpServer();
  const answers = text(socket);
  const closed = broker.close();
  await eventually(() => expect(server.listening).toBe(false));
  goOn();
  expect(await answers).toMatch(/200 OK[^]*Connection: close/);
  await closed;
  await broker.open();
});

test('lets go of connections while the broker stops', async () => {
  broker.app.get(Readiness).drain();
  expect((await bothWays()).headers.connection).toBe('close');
});
