import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buildBefore, ChildBroker, removeFolder, temporaryFolder } from '../support/child-broker.js';
import { eventually } from '../support/eventually.js';

buildBefore();

let folder = '';
let broker: ChildBroker;

beforeEach(async () => {
  folder = temporaryFolder();
  broker = await ChildBroker.start(folder, { DRAIN_DELAY_SECONDS: '1', DRAIN_TIMEOUT_SECONDS: '5' });
});
afterEach(async () => {
  await broker.kill();
  removeFolder(folder);
});

/** A request whose last byte is held back: it is in flight until `finish`. */
async function halfSent(): Promise<{ finish(): Promise<string>; socket: Socket }> {
  const socket = connect(Number(new URL(broker.url).port), '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('utf8')));
  socket.write('POST /service/pin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n');
  socket.write('Content-Type: application/x-www-form-urlencoded\r\n\r\ndeviceId=');
  // The broker has seen the head of it once it has answered something that came later.
  await fetch(`${broker.url}/health/live`);
  const finish = async (): Promise<string> => {
    socket.write('x');
    await once(socket, 'close');
    return answer;
  };
  return { finish, socket };
}

test('SIGTERM: not ready at once, serving all the same, then what is in flight is finished and the exit is clean', async () => {
  const inFlight = await halfSent();
  broker.signal('SIGTERM');
  await eventually(async () => {
    const ready = await fetch(`${broker.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ missing: ['stopping'] });
  });
  const served = await fetch(`${broker.url}/service/ip`);
  expect(served.status).toBe(200);
  expect(served.headers.get('connection')).toBe('close');
  expect((await fetch(`${broker.listening.opsUrl}/health/ready`)).status).toBe(503);
  expect((await fetch(`${broker.url}/health/live`)).status).toBe(200);
  await eventually(() => expect(fetch(`${broker.url}/service/ip`)).rejects.toThrow('fetch failed'));
  expect(await inFlight.finish()).toMatch(/^HTTP\/1\.1 200 /);
  expect(await broker.ended).toEqual({ code: 0, signal: null });
  expect(broker.stderr).toBe('');
});

test('an idle connection does not hold the end up', async () => {
  const idle = connect(Number(new URL(broker.url).port), '127.0.0.1');
  await once(idle, 'connect');
  idle.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'data');
  const since = performance.now();
  broker.signal('SIGTERM');
  expect(await broker.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - since).toBeLessThan(3_000);
});

test('a second SIGTERM ends it at once', async () => {
  await halfSent();
  broker.signal('SIGTERM');
  await eventually(async () => expect((await fetch(`${broker.url}/health/ready`)).status).toBe(503));
  const since = performance.now();
  broker.signal('SIGTERM');
  const { code } = await broker.ended;
  expect(code).toBe(1);
  // What is in flight would hold it for six.
  expect(performance.now() - since).toBeLessThan(4_000);
});

test('SIGINT comes from somebody who waits: no delay', async () => {
  await broker.kill();
  broker = await ChildBroker.start(folder, { DRAIN_DELAY_SECONDS: '15' });
  const since = performance.now();
  broker.signal('SIGINT');
  expect(await broker.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - since).toBeLessThan(10_000);
});

test('what is in flight and does not end is cut after DRAIN_TIMEOUT_SECONDS', async () => {
  await broker.kill();
  broker = await ChildBroker.start(folder, { DRAIN_DELAY_SECONDS: '1', DRAIN_TIMEOUT_SECONDS: '1' });
  const { socket } = await halfSent();
  const cut = once(socket, 'close');
  broker.signal('SIGTERM');
  expect((await broker.ended).code).toBe(0);
  await cut;
  expect(broker.lines.at(-1)).toContain('did not end in time');
});
