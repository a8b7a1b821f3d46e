import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { register } from '../simulator/sign-up.js';
import { TestBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';

/** Whoever waits for a mail server that says nothing does so for 10 s and more (`TIMEOUTS` of the transport). */
const LESS_THAN_A_MAIL_SERVER_MS = 9_000;

let broker: TestBroker | undefined;
let silent: Server | undefined;

afterEach(async () => {
  await broker?.remove();
  silent?.close();
});

/** A mail server that accepts connections and never says a word. */
async function silentServer(): Promise<string> {
  silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  return `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
}

test.each([
  ['refuses connections', () => Promise.resolve('smtp://127.0.0.1:1')],
  ['never says a word', silentServer],
])('a mail server that %s slows no request, and the mail waits', async (_, address) => {
  broker = await TestBroker.start({ SMTP_URL: await address() });
  const { url } = broker;
  const since = performance.now();
  const answers = await Promise.all(
    ['ann', 'bob', 'cleo'].map((userName) =>
      register(url, { userName, email: `${userName}@example.org`, password: PASSWORD }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  expect(performance.now() - since).toBeLessThan(LESS_THAN_A_MAIL_SERVER_MS);
  const closing = performance.now();
  await broker.close();
  expect(performance.now() - closing).toBeLessThan(LESS_THAN_A_MAIL_SERVER_MS);
});
