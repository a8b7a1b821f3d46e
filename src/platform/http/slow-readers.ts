import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { openSocketsOf } from './open-sockets.js';

/** closed within 15 s, the time before the first look and that between two included. */
const PATIENCE_MS = 12_000;
const LOOK_MS = 1_000;

/** Connections with a rule of their own about readers who do not keep up (event streams). */
const patient = new WeakSet<Socket>();

/** What waits for the reader of this answer is somebody else's concern, until it ends. */
export function leaveToItself(response: ServerResponse): void {
  const { socket } = response;
  if (!socket) return;
  patient.add(socket);
  response.once('close', () => patient.delete(socket));
}

/**
 * Cuts who asks and does not read. Node's own timeouts end when a request has arrived; without this, whoever never
 * takes its answers keeps them in memory for ever. What fits into the buffers of the kernel is not seen here: such a
 * connection is an idle one. A reset, for what the kernel holds goes with it.
 */
export function cutSlowReaders(server: Server, { patienceMs = PATIENCE_MS, lookMs = LOOK_MS } = {}): void {
  const open = openSocketsOf(server);
  const waitsSince = new WeakMap<Socket, number>();
  const look = (): void => {
    const now = performance.now();
    for (const socket of open) {
      if (socket.writableLength === 0 || patient.has(socket)) waitsSince.delete(socket);
      else if (now - (waitsSince.get(socket) ?? now) >= patienceMs) socket.resetAndDestroy();
      else if (!waitsSince.has(socket)) waitsSince.set(socket, now);
    }
  };
  const looks = setInterval(look, lookMs).unref();
  server.once('close', () => clearInterval(looks));
}
