import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Answers a request, or sees to it that somebody does. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** Puts something before whatever answers the requests of this server now. @param first is given the way on to that */
export function standBefore(server: Server, first: (goOn: Serve) => Serve): void {
  const rest = server.listeners('request') as Serve[];
  server.removeAllListeners('request');
  server.on(
    'request',
    first((request, response) => {
      for (const listener of rest) listener.call(server, request, response);
    }),
  );
}
