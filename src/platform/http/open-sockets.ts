import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const known = new WeakMap<Server, ReadonlySet<Socket>>();

/** The connections of a server, those that come after this was asked for the first time; kept once for all who ask. */
export function openSocketsOf(server: Server): ReadonlySet<Socket> {
  const before = known.get(server);
  if (before) return before;
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  known.set(server, open);
  return open;
}
