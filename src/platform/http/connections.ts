import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../../config/index.js';
import { networkOf } from '../../shared/network.js';

/** Keeps one network from taking all connections (S-83). Trusted proxies speak for many and are exempt. */
export function limitConnections(server: Server, config: Config): void {
  server.maxConnections = config.connections;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
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
