import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { BareServers, until } from '../../../test/support/bare-server.js';
import { readInPlace } from './read-in-place.js';

const bare = new BareServers();

/** Two connections to a server that reads in place, each with what says so. */
async function connections(take: (piece: Buffer, there: Socket) => boolean): Promise<Socket[]> {
  const server = createServer();
  server.on('connection', (there: Socket) => {
    // Until somebody listens, what arrives is Node's parser's.
    there.on('data', () => undefined);
    readInPlace(there, (piece) => take(piece, there));
  });
  await bare.start(server);
  const both = [bare.connect(server), bare.connect(server)];
  for (const socket of both) await once(socket, 'connect');
  return both;
}

test('all connections are read into the same memory, piece by piece', async () => {
  const pieces: Buffer[] = [];
  const texts: string[] = [];
  const sockets = await connections((piece) => {
    pieces.push(piece);
    texts.push(piece.toString());
    return true;
  });
  for (const [at, text] of ['first', 'second', 'third'].entries()) {
    sockets[at % 2]?.write(text);
    await until(() => texts.length > at);
  }
  expect(texts).toEqual(['first', 'second', 'third']);
  expect(new Set(pieces.map(({ buffer }) => buffer)).size).toBe(1);
  // Whoever keeps one has what came last.
  expect(pieces[0]?.toString()).toBe('third');
});

test('nothing is read while no more may come, and the rest once it may', async () => {
  let [took, mayCome] = [0, false];
  let server: Socket | undefined;
  const [socket] = await connections((piece, there) => {
    server = there;
    took += piece.length;
    return mayCome;
  });
  const all = 8 * 1_024 * 1_024;
  socket?.write(Buffer.alloc(all));
  await until(() => took > 0);
  const first = took;
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  expect(took).toBe(first);
  mayCome = true;
  server?.read(0);
  await until(() => took === all);
});

test('what is no connection of the network is left as it is', () => {
  const other = new Duplex({ read: () => undefined }) as Socket;
  expect(readInPlace(other, () => true)).toBe(false);
});
