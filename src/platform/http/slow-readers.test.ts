import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BareServers } from '../../../test/support/bare-server.js';
import { cutSlowReaders, leaveToItself } from './slow-readers.js';

/** More than the kernel keeps for anybody. */
const MUCH = Buffer.alloc(32 * 1024 * 1024, 'x');

const bare = new BareServers();

function start(patienceMs: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/stream') leaveToItself(response);
    response.end(MUCH);
  });
  cutSlowReaders(server, { patienceMs, lookMs: 10 });
  return bare.start(server);
}

/** Asks, reads nothing, and gives what the server sees of it. */
async function ask(server: Server, path: string): Promise<{ socket: Socket; response: ServerResponse }> {
  const socket = bare.connect(server).pause();
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  return { socket, response };
}

test('who asks and does not read is cut, but an event stream, which has a rule of its own', async () => {
  const server = await start(50);
  const stream = await ask(server, '/stream');
  const { socket, response } = await ask(server, '/');
  await once(response, 'close');
  let length = 0;
  socket.on('data', (chunk: Buffer) => (length += chunk.length)).resume();
  // Not `once` of events, which takes the reset that may come before the end for a failure.
  await new Promise((resolve) => socket.once('close', resolve));
  expect(length).toBeLessThan(MUCH.length);
  expect(stream.response.closed).toBe(false);
});

test('who reads is not, and may ask again', async () => {
  const server = await start(30_000);
  const { socket, response } = await ask(server, '/');
  const sent = once(response, 'finish');
  socket.resume();
  await sent;
  const again = once(server, 'request');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await again;
});
