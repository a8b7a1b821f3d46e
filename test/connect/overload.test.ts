import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { ReadyServers } from '../../src/edges/connect/ready-servers.service.js';
import { OpsListener } from '../../src/edges/ops/ops-listener.service.js';
import { LoadShedder } from '../../src/platform/http/overload/load-shedder.js';
import { Stopwatch } from '../../src/platform/http/overload/stopwatch.js';
import { WaitingLine } from '../../src/platform/http/overload/waiting-line.js';
import { TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { Scraper } from '../support/scrape.js';
import { ask } from './ask.js';
import { ENDPOINTS } from './endpoints.js';

let broker: TestBroker;
let stopwatch: jest.Spied<Stopwatch['now']>;
beforeAll(async () => {
  broker = await TestBroker.start({ OVERLOAD_DELAY_MS: '100' });
  stopwatch = jest.spyOn(broker.app.get(Stopwatch), 'now').mockReturnValue(0);
});
afterAll(() => broker.remove());

test('who would wait for too long is refused before the parser, to the byte as behind it (R-42)', async () => {
  const server = broker.app.getHttpServer();
  let parsed = 0;
  const count = (): number => (parsed += 1);
  server.prependListener('request', count);
  const dial = (): Socket => connect(Number(new URL(broker.url).port), '127.0.0.1');
  const [early, late] = [dial(), dial()];
  const say = async (socket: Socket): Promise<string> => {
    socket.write('GET /service/servers HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return String((await once(socket, 'data'))[0])
      .replace(/X-Request-Id: .*/, '')
      .replace(/Retry-After: (\d+)/, 'Retry-After: some');
  };
  try {
    expect(await say(early)).toContain('401 Unauthorized');
    jest.spyOn(broker.app.get(LoadShedder), 'hasRoom', 'get').mockReturnValue(false);
    const refuses = jest.spyOn(WaitingLine.prototype, 'refuses').mockReturnValue(true);
    const refused = await say(early);
    expect([parsed, refuses.mock.calls.length]).toEqual([1, 1]);
    expect(refused).toMatch(/^HTTP\/1.1 503 [^]*Retry-After: some/);
    expect(await say(late)).toBe(refused);
    expect(parsed).toBe(2);
  } finally {
    jest.restoreAllMocks();
    stopwatch = jest.spyOn(broker.app.get(Stopwatch), 'now').mockReturnValue(0);
    server.off('request', count);
    for (const socket of [early, late]) socket.destroy();
  }
});

test('what was begun for somebody who is refused all the same is told to operators if it fails', async () => {
  const socket = connect(Number(new URL(broker.url).port), '127.0.0.1');
  const asked = 'GET /service/servers HTTP/1.1\r\nHost: localhost\r\nX-Connect-UserToken: a\r\n\r\n';
  try {
    socket.write(asked);
    await once(socket, 'data');
    let fail = (_error: Error): void => undefined;
    const begun = jest
      .spyOn(broker.app.get(ReadyServers), 'answer')
      .mockReturnValueOnce(new Promise((_resolve, reject) => (fail = reject)));
    socket.write(asked);
    await eventually(() => expect(begun).toHaveBeenCalledTimes(1));
    jest.spyOn(broker.app.get(LoadShedder), 'hasRoom', 'get').mockReturnValue(false);
    jest.spyOn(WaitingLine.prototype, 'refuses').mockReturnValue(true);
    // It is Node's from here on.
    const answer = text(socket);
    socket.end();
    const requestId = /503 [^]*X-Request-Id: (\S+)/.exec(await answer)?.[1];
    const failed = () => broker.log.lines.filter(({ message }) => message === 'request failed');
    expect(failed()).toEqual([]);
    const metrics = new Scraper(await broker.app.get(OpsListener).listen());
    const grown = await metrics.growth(async () => {
      fail(new Error('the database is away'));
      await eventually(() => expect(failed()).toHaveLength(1));
    });
    expect(grown).toMatchObject({ 'signpost_troubles_total{route="/service/servers"}': 1 });
    const error = new Error('the database is away');
    expect(failed()[0]?.fields).toEqual({ requestId, path: '/service/servers', error });
  } finally {
    jest.restoreAllMocks();
    stopwatch = jest.spyOn(broker.app.get(Stopwatch), 'now').mockReturnValue(0);
    socket.destroy();
  }
});

describe('under overload', () => {
  beforeAll(() => {
    // Whenever the broker looks, another half second has gone: whoever waits at all has waited for too long.
    let now = 0;
    stopwatch.mockImplementation(() => (now += 500));
  });
  afterAll(() => void stopwatch.mockReturnValue(0));

  test.each(ENDPOINTS)(
    '%s %s is refused with 503 and a time to come back, or served (R-42)',
    async (...one) => {
      const [method, path, served, call] = one;
      const { status, headers, text } = await ask(broker, method, path, call);
      const isNever = method === 'DELETE' || path === 'user/logout';
      expect(status).toBe(isNever ? served : 503);
      if (isNever) return;
      expect(headers).toMatchObject({
        'retry-after': expect.stringMatching(/^(?:[89]|1\d|2[012])$/),
        'content-type': 'application/json; charset=utf-8',
        'access-control-allow-origin': '*',
        'cache-control': 'no-store',
        'x-request-id': expect.stringMatching(/./),
      });
      expect(JSON.parse(text)).toMatchObject({ message: 'The broker is busy. Try again later.' });
    },
  );

  test('every edge says so in its own form', async () => {
    const get = (path: string, init?: RequestInit): Promise<Response> => fetch(broker.url + path, init);
    const api = await get('/api/v1/servers');
    expect([api.status, api.headers.get('content-type')]).toEqual([
      503,
      'application/problem+json; charset=utf-8',
    ]);
    const id = api.headers.get('x-request-id') ?? '';
    expect(await api.json()).toMatchObject({ code: 'unavailable', instance: `urn:uuid:${id}` });
    const page = await get('/sign-in');
    expect([page.status, await page.text()]).toEqual([
      503,
      expect.stringContaining('Signpost is in trouble'),
    ]);
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
    const token = await get('/oidc/token', { method: 'POST' });
    expect([token.status, await token.json()]).toEqual([503, { error: 'temporarily_unavailable' }]);
  });

  test('health is answered, and tells operators', async () => {
    const ready = await fetch(`${broker.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ok', notices: expect.arrayContaining(['overloaded']) },
    ]);
  });
});
