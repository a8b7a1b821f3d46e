import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { BareServers } from '../../../test/support/bare-server.js';
import { boundPipelining } from './pipelined-requests.js';

const ASKED = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

const bare = new BareServers();

const start = (answer: RequestListener): Promise<Server> => bare.start(createServer(boundPipelining(answer)));

/** Asks so often at once. @returns how the connection is told that it has ended */
async function askAtOnce(
  server: Server,
  times: number,
): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const accepted = once(server, 'connection');
  const socket = bare.connect(server);
  socket.on('error', () => undefined).write(ASKED.repeat(times));
  const [accepting] = (await accepted) as [Socket];
  return { socket, closed: new Promise((resolve) => accepting.once('close', resolve)) };
}

test('a thousand requests at once on a connection are not answered: it is cut (R-44)', async () => {
  let answered = 0;
  const server = await start((_request, response) => {
    answered += 1;
    response.end('much');
  });
  const { closed } = await askAtOnce(server, 1_000);
  await closed;
  expect(answered).toBeLessThan(20);
});

test('nor are they one after the other while the first one takes its time', async () => {
  let answered = 0;
  const server = await start(() => (answered += 1));
  const { socket, closed } = await askAtOnce(server, 10);
  socket.write(ASKED.repeat(10));
  await closed;
  expect(answered).toBeLessThan(20);
});

test('some at once are answered in order, again and again', async () => {
  let answered = 0;
  const server = await start((_request, response) => response.end(`answer ${(answered += 1)};`));
  const { socket } = await askAtOnce(server, 10);
  let text = '';
  for (let round = 1; round <= 5; round += 1) {
    while (!text.includes(`answer ${round * 10};`)) text += String((await once(socket, 'data'))[0]);
    socket.write(ASKED.repeat(10));
  }
  const order = [...text.matchAll(/answer (\d+);/g)].map(([, number]) => Number(number));
  expect(order).toEqual(Array.from({ length: order.length }, (_, n) => n + 1));
});
