import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

type Fault = 'none' | 'cut' | 'black-hole';

/** A TCP proxy on the loopback that can fail on demand: what stands between the broker and a server it needs. */
export class FaultProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #fault: Fault = 'none';
  #lastWords: string | undefined;
  /** Connections that were asked of it so far. */
  asked = 0;

  private constructor(private target: URL) {
    this.#server = createServer({ allowHalfOpen: false }, (socket) => this.#accept(socket));
  }

  /** `target` names host and port. */
  static async before(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(target));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The target's address with the proxy's host and port in it. */
  get url(): string {
    const own = new URL(this.target);
    own.hostname = '127.0.0.1';
    own.port = String((this.#server.address() as AddressInfo).port);
    return own.href;
  }

  /** Breaks every connection and refuses new ones, as a server that was killed. */
  cut(): void {
    this.#fault = 'cut';
    for (const pair of this.#pairs) destroy(pair);
  }

  /** As `cut`, when somebody sends this. */
  cutAt(words: string): void {
    this.#lastWords = words;
  }

  /** Nothing gets through any more and nobody is told, as when packets are dropped. */
  blackHole(): void {
    this.#fault = 'black-hole';
    for (const [client, upstream] of this.#pairs) {
      client.pause();
      upstream.pause();
    }
  }

  /**
   * All is well again. What was held up in a black hole arrives late, as repeated packets do.
   *
   * @param target where new connections lead from now on, where somebody else took over
   */
  heal(target?: string): void {
    if (target !== undefined) this.target = new URL(target);
    this.#fault = 'none';
    this.#lastWords = undefined;
    for (const [client, upstream] of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    this.asked += 1;
    if (this.#fault === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ host: this.target.hostname, port: Number(this.target.port) });
    const pair = [client, upstream] as const;
    this.#pairs.add(pair);
    client.on('data', (bytes) => {
      if (this.#lastWords !== undefined && bytes.includes(this.#lastWords)) this.cut();
    });
    // Not pipe(): its flow control would start a paused socket again.
    forward(client, upstream);
    forward(upstream, client);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        // A black hole swallows the end of a connection too.
        if (this.#fault !== 'black-hole' || client.destroyed) destroy(pair);
        if (client.destroyed && upstream.destroyed) this.#pairs.delete(pair);
      });
    }
    if (this.#fault === 'black-hole') {
      client.pause();
      upstream.pause();
    }
  }
}

function forward(from: Socket, to: Socket): void {
  from.on('data', (bytes) => {
    if (!to.destroyed) to.write(bytes);
  });
  from.on('end', () => to.end());
}

function destroy(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) if (!socket.destroyed) socket.resetAndDestroy();
}
