import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A node that is well for a proxy that asks, and breaks the connection of every request once it has all of it. */
export class BreakingNode {
  /** What it was sent: method and path. */
  readonly sent: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      if (request.url === '/health/ready') {
        response.end();
        return;
      }
      this.sent.push(`${request.method} ${request.url}`);
      request.on('end', () => request.socket.destroy()).resume();
    });
  }

  static async start(): Promise<BreakingNode> {
    const node = new BreakingNode();
    node.#server.listen(0, '127.0.0.1');
    await once(node.#server, 'listening');
    return node;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
