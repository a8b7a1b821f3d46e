import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { certificate } from './certificate.js';

/** What stands before a broker in life: TLS, with a certificate that nobody has signed, and the headers of a proxy. */
export class TlsFront {
  /** Where the broker listens; set once it does. */
  target = '';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TlsFront> {
    const server = createServer(certificate());
    const front = new TlsFront(server);
    server.on('request', (request, response) => front.#pass(request, response));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  /** Without a final slash. */
  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => void this.server.close(resolve));
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = request;
    const forwarded = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' };
    const onward = ask(this.target + url, { method, headers: { ...headers, ...forwarded } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', (error) => response.destroy(error));
    request.pipe(onward);
  }
}
