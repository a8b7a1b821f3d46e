import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { SystemClock } from '../../clock/system-clock.js';
import type { Log } from '../../logging/log.js';
import type { ErrorPresenter } from '../error-filter.js';
import { Readiness } from '../readiness.js';
import { Refusals } from './refusals.js';

const edge: ErrorPresenter = {
  prefix: '',
  present: () => ({ status: 500, contentType: 'text/plain', body: '' }),
  busy: () => ({ status: 503, contentType: 'text/plain', body: 'später', headers: { 'X-Edge': 'open' } }),
};
/** Says to each caller the id of their request. */
const telling: ErrorPresenter = {
  ...edge,
  prefix: '/told',
  busy: (path, requestId) => ({ status: 503, contentType: 'text/plain', body: `${path} ${requestId}` }),
};
/** What no route takes is told apart by its path. */
const routeOf = (url = ''): string => (url.startsWith('/none') ? 'none' : url.replace(/\?.*/, ''));

let server: Server;
let readiness: Readiness;

beforeEach(async () => {
  readiness = new Readiness();
  const log = { warn: () => undefined } as unknown as Log;
  const refusals = new Refusals(readiness, log, { now: () => 0 }, new SystemClock());
  server = createServer((request, response) => {
    const worth = { priority: 'server', route: routeOf(request.url) } as const;
    refusals.refuse({ request, response, worth, since: 0 }, 0);
  });
  refusals.prepare(server, [edge, telling]);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(() => {
  server.close();
});

/** What is answered until the connection ends. */
async function answers(...requests: string[]): Promise<string[]> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  socket.write(requests.join(''));
  await once(socket, 'close');
  return text.split(/(?=HTTP\/1\.1 503)/);
}

/** The same without what differs each time. */
async function raw(...requests: string[]): Promise<string[]> {
  const all = await answers(...requests);
  return all.map((one) => one.replace(/(X-Request-Id|Retry-After|Date): .*\r\n/g, '$1\r\n'));
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nunread!';
const last = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

test('are written in one piece as they are in the usual way, each request in its turn, whether it has a body or not', async () => {
  const [first, second, third] = await raw(get, post, last);
  expect(first).toContain('Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\nspäter');
  expect(second).toBe(first);
  expect(third).toBe(first?.replace('Connection: keep-alive\r\nKeep-Alive: timeout=5', 'Connection: close'));
  for (const said of [
    'Content-Length: 7',
    'X-Edge: open',
    'Cache-Control: no-store',
    'Retry-After',
    'X-Request-Id',
  ])
    expect(first).toContain(`${said}\r\n`);
});

test('have no body where none is asked for', async () => {
  const head = get.replace('GET', 'HEAD');
  const [first, second] = await raw(head, last);
  expect(first).toMatch(/Content-Length: 7\r\n[\s\S]*\r\n\r\n$/);
  expect(second).toMatch(/später$/);
});

test('end the connection of a broker that is about to stop', async () => {
  readiness.drain();
  expect((await raw(get)).join()).toMatch(
    /^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*Connection: close\r\n/,
  );
});

test('tell each caller the id of their own request, also where the words have been made before', async () => {
  const told = get.replace('/', '/told');
  const nobodys = get.replace('/', '/none');
  const all = await answers(told, told.replace('told', 'told?a=b'), nobodys, last);
  const ids = all.map((one) => /X-Request-Id: (.*)\r\n/.exec(one)?.[1]);
  expect(new Set(ids).size).toBe(4);
  expect(all.map((one) => one.replace(/^[\s\S]*\r\n\r\n/, ''))).toEqual([
    `/told ${ids[0]}`,
    `/told ${ids[1]}`,
    'später',
    'später',
  ]);
});
