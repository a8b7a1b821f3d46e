import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** More than any client asks for before it has an answer: browsers, proxies and the apps of the protocol wait for each. */
const MOST_WAITING = 16;

/**
 * Cuts who asks on and on and waits for no answer. Node reads 64 KB at a time, calls for an answer to each of the thousand
 * requests that are in there, and keeps what has to wait for its turn on the connection: 90 MB for one write of somebody who reads
 * nothing.
 */
export function boundPipelining(answer: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, number>();
  const count = (socket: Socket, more: number): number => {
    const now = (waiting.get(socket) ?? 0) + more;
    waiting.set(socket, now);
    return now;
  };
  return (request, response) => {
    const { socket } = request;
    // What Node had read already, of a connection that was cut.
    if (socket.destroyed) return;
    // Without a socket as long as another answer has it.
    if (response.socket === null) {
      if (count(socket, 1) > MOST_WAITING) {
        socket.resetAndDestroy();
        return;
      }
      response.once('finish', () => count(socket, -1));
    }
    answer(request, response);
  };
}
