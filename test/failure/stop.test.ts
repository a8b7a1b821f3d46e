import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { buildBefore, ChildBroker, removeFolder, temporaryFolder } from '../support/child-broker.js';
import { eventually } from '../support/eventually.js';
import { takeRing } from '../support/shared-ring.js';

buildBefore();

/** Whoever waits for the one or the other takes a minute, which no machine does that only has much else to do. */
const DELAYING = { DRAIN_DELAY_SECONDS: '60' };
const DRAINING = { DRAIN_DELAY_SECONDS: '1', DRAIN_TIMEOUT_SECONDS: '60' };
const LESS_THAN_A_MINUTE_MS = 50_000;

/** A test with a process of its own. They run side by side: most of the time each waits for its own to end. */
function stopping(
  name: string,
  settings: Readonly<Record<string, string>>,
  act: (broker: ChildBroker) => Promise<void>,
): void {
  test.concurrent(name, async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    takeRing(join(folder, 'data'));
    const broker = await ChildBroker.start(folder, settings);
    try {
      await act(broker);
    } finally {
      await broker.kill();
      removeFolder(folder);
    }
  });
}

/** A form whose last byte is held back: it is in flight until `finish`. */
async function halfSent(
  broker: ChildBroker,
  path = '/service/pin',
): Promise<{ finish(): Promise<string>; socket: Socket }> {
  const socket = connect(Number(new URL(broker.url).port), '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('utf8')));
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n`);
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

stopping(
  'SIGTERM: not ready at once, serving all the same, then what is in flight is finished and the exit is clean',
  // The delay is the time for all that is asked meanwhile, on a machine that has much else to do too.
  { DRAIN_DELAY_SECONDS: '10', DRAIN_TIMEOUT_SECONDS: '60' },
  async (broker) => {
    const inFlight = await halfSent(broker);
    const byProvider = await halfSent(broker, '/oidc/token');
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
    const answers = await Promise.all([inFlight.finish(), byProvider.finish()]);
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(['200', '400']);
    for (const answer of answers) expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(await broker.ended).toEqual({ code: 0, signal: null });
    expect(broker.lines.at(-1)).not.toContain('did not end in time');
    expect(broker.stderr).toBe('');
  },
);

stopping('an idle connection does not hold the end up', DRAINING, async (broker) => {
  const idle = connect(Number(new URL(broker.url).port), '127.0.0.1');
  await once(idle, 'connect');
  idle.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'data');
  const since = performance.now();
  broker.signal('SIGTERM');
  expect(await broker.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - since).toBeLessThan(LESS_THAN_A_MINUTE_MS);
});

stopping('a second SIGTERM ends it at once', DELAYING, async (broker) => {
  await halfSent(broker);
  broker.signal('SIGTERM');
  await eventually(async () => expect((await fetch(`${broker.url}/health/ready`)).status).toBe(503));
  const since = performance.now();
  broker.signal('SIGTERM');
  const { code } = await broker.ended;
  expect(code).toBe(1);
  expect(performance.now() - since).toBeLessThan(LESS_THAN_A_MINUTE_MS);
});

stopping('SIGINT comes from somebody who waits: no delay', DELAYING, async (broker) => {
  const since = performance.now();
  broker.signal('SIGINT');
  expect(await broker.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - since).toBeLessThan(LESS_THAN_A_MINUTE_MS);
});

const HASTY = { DRAIN_DELAY_SECONDS: '1', DRAIN_TIMEOUT_SECONDS: '1' };
stopping('what is in flight and does not end is cut after DRAIN_TIMEOUT_SECONDS', HASTY, async (broker) => {
  const { socket } = await halfSent(broker);
  const cut = once(socket, 'close');
  broker.signal('SIGTERM');
  expect((await broker.ended).code).toBe(0);
  await cut;
  expect(broker.lines.at(-1)).toContain('did not end in time');
});
