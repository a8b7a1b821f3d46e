import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../../config/index.js';
import { networkOf } from '../../shared/network.js';
import { openSocketsOf } from './open-sockets.js';

/**
 * Takes so many connections and no more, and keeps one network from taking all (S-83). Trusted proxies speak for many and are
 * exempt from that. Not by `maxConnections`, which counts one handle of the server's.
 */
export function limitConnections(server: Server, config: Config): void {
  const all = openSocketsOf(server);
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    if (all.size > config.connections) {
      socket.destroy();
      return;
    }
    const peer = socket.remoteAddress ?? '';
    if (config.trustProxy.contains(peer)) return;
    const network = networkOf(peer);
    const count = (open.get(network) ?? 0) + 1;
    open.set(network, count);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left > 0) open.set(network, left);
      else open.delete(network);
    });
    if (count > config.connectionsNetwork) socket.destroy();
  });
}
