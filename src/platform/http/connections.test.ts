import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:http';
import type { Config } from '../../config/index.js';
import { limitConnections } from './connections.js';

test('takes so many connections in all, and another one once one has gone (S-83)', async () => {
  const server = createServer();
  const trustProxy = { contains: () => true };
  limitConnections(
    server as unknown as Server,
    { connections: 2, connectionsNetwork: 1, trustProxy } as unknown as Config,
  );
  server.on('connection', (socket: Socket) => {
    if (!socket.destroyed) socket.write('here');
    socket.once('close', () => server.emit('one has gone'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const opened: Socket[] = [];
  const isTaken = async (): Promise<boolean> => {
    const socket = connect(port, '127.0.0.1');
    opened.push(socket);
    const [taken] = await Promise.race([
      once(socket, 'data').then(() => [true]),
      once(socket, 'close').then(() => [false]),
    ]);
    return taken ?? false;
  };
  expect([await isTaken(), await isTaken(), await isTaken()]).toEqual([true, true, false]);
  const gone = once(server, 'one has gone');
  opened[0]?.end();
  await gone;
  expect(await isTaken()).toBe(true);
  for (const socket of opened) socket.destroy();
  await once(server.close(), 'close');
});
