import { afterEach } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** Servers and raw connections of one test file, closed after each test. */
export class BareServers {
  readonly #servers: Server[] = [];
  readonly #sockets: Socket[] = [];

  constructor() {
    afterEach(() => this.#close());
  }

  /** Lets a server listen. */
  async start(server: Server): Promise<Server> {
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  connect(server: Server): Socket {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
    this.#sockets.push(socket);
    return socket;
  }

  async #close(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }
}

/** Lets the event loop turn until something is so. `eventually` waits between two looks; here each turn counts. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}
