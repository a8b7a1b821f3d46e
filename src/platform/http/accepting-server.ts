import { spawn, type ChildProcess } from 'node:child_process';
import { Server as HttpServer, type RequestListener, type ServerOptions } from 'node:http';
import { Server, type Socket } from 'node:net';
import { openSocketsOf } from './open-sockets.js';

/** Beside its own. Each costs a newcomer one call of the kernel, which finds nobody, and there are eight in a turn. */
const MORE_HANDLES = 7;
/** Whoever has connected and said nothing for so long when the server closes is not about to. */
const SILENT_MS = 1_000;
/**
 * Gives back each handle that it gets, which is another one of the same socket then. It accepts nobody: it is sent bare handles, for
 * Node listens at once at a server that a process is sent, and whoever connected in that moment would be hung up on.
 */
const GIVE_BACK = `
process.on('message', (message, handle) => process.send(message, handle, () => handle.close()));
process.on('disconnect', () => process.exit());
`;

/**
 * An HTTP server that accepts several connections in a turn of the event loop.
 *
 * Node accepts one for each listening handle (libuv since 1.45). Under load a turn takes 25 ms, so that a thousand who connect
 * at once would wait half a minute, in the kernel, where nobody can be told to come back or be served first.
 * A second handle of the same socket exists only after another process had it (SCM_RIGHTS), which is started for that and
 * ends at once. (`reusePort` of Node 22.12 is no substitute: the kernel shares newcomers out among such sockets, and those of
 * one that is closed are lost.)
 */
export class AcceptingServer extends HttpServer {
  readonly #others: Server[] = [];
  readonly #open: ReadonlySet<Socket>;
  /** The process that gives handles back, while there is one. */
  #giver: ChildProcess | undefined;

  constructor(options: ServerOptions, answer: RequestListener) {
    super(options, answer);
    this.#open = openSocketsOf(this);
  }

  /**
   * Where no process can be started it goes on with one handle.
   *
   * @param backlog with which it listens: the kernel takes the last one that it is told
   * @param node starts Node
   * @returns at how many handles it accepts; 0: it does not listen
   */
  async acceptMore(backlog: number, node: string = process.execPath): Promise<number> {
    if (!this.listening) return 0;
    const child = spawn(node, ['--eval', GIVE_BACK], {
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (left, handle) => {
      this.#acceptAt(handle, backlog);
      if (left === 0) child.disconnect();
    });
    this.#giver = child;
    const ended = endOf(child);
    // What `listen` takes in place of a server (Node's documentation of `server.listen(handle)`).
    const { _handle: bare } = this as unknown as { _handle: Server };
    for (let left = MORE_HANDLES - 1; left >= 0; left -= 1) child.send(left, bare, () => undefined);
    await ended;
    return 1 + this.#others.length;
  }

  /**
   * As ever, `done` once nobody is left who was accepted at any handle. But whoever has not said anything yet does not hold
   * it up: Node takes that for a request that has begun, and looks for such that take too long no more. And `acceptMore` ends
   * at once: handles that are on their way come to nothing, so that its process would not be told when it is done.
   */
  override close(done?: (error?: Error) => void): this {
    this.#giver?.kill();
    const silent = [...this.#open].filter(({ bytesRead }) => bytesRead === 0);
    setTimeout(() => {
      for (const socket of silent) if (socket.bytesRead === 0) socket.destroy();
    }, SILENT_MS).unref();
    const closed = this.#others.map((other) => new Promise<unknown>((resolve) => other.close(resolve)));
    return super.close((error) => void Promise.all(closed).then(() => done?.(error)));
  }

  #acceptAt(handle: unknown, backlog: number): void {
    // None comes of a server that was closed meanwhile.
    if (handle === undefined || handle === null) return;
    if (!this.listening) {
      (handle as Server).close();
      return;
    }
    // What an HTTP server accepts stays open for the answer when the request has ended, and sends at once.
    const other = new Server({ allowHalfOpen: true, noDelay: true });
    other.on('connection', (socket: Socket) => this.emit('connection', socket));
    other.listen(handle, backlog);
    this.#others.push(other);
  }
}

/** However it ends: whoever waits goes on with what there is. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
}
