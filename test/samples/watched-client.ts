import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { inCheckout } from '../../scripts/lib/checkout.mjs';

export const PROGRAM = inCheckout('docs/samples/tv-client/tv-client.mjs');
const WATCHED = pathToFileURL(inCheckout('test/samples/watched.mjs')).href;

type Message = { readonly pause: number } | { readonly asked: string };

/** The sample client as a process of its own. Where it would wait for seconds, it waits for the test. */
export class WatchedClient {
  /** What it asked of the broker and of media servers, and how that was answered. */
  readonly asked: string[] = [];
  out = '';
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter();
  readonly #pauses = on(this.#events, 'pause');
  readonly #ended: Promise<{ readonly code: number | null; readonly errors: string }>;

  constructor(broker: string, state: string) {
    this.#child = fork(PROGRAM, [broker, state], {
      execArgv: ['--import', WATCHED],
      env: {},
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message: Message) => {
      if ('pause' in message) this.#events.emit('pause', message.pause);
      else this.asked.push(message.asked);
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (printed: string) => {
      this.out += printed;
      this.#events.emit('printed');
    });
    this.#ended = this.#end();
  }

  /** Waits until it pauses. @returns for how many milliseconds it would */
  async pause(): Promise<number> {
    const next = (await this.#alive(this.#pauses.next())) as IteratorYieldResult<[number]>;
    return next.value[0];
  }

  goOn(): void {
    this.#child.send('go on');
  }

  /** Waits until it has printed that. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const printed = once(this.#events, 'printed');
      const found = pattern.exec(this.out);
      if (found) return found;
      await this.#alive(printed);
    }
  }

  /** Waits until it has ended well. @returns what it printed */
  async done(): Promise<string> {
    const { code, errors } = await this.#ended;
    if (code !== 0) throw new Error(`it ended with ${code}: ${this.out}\n${errors}`);
    return this.out;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #end(): Promise<{ code: number | null; errors: string }> {
    const { stderr } = this.#child;
    const disconnected = once(this.#child, 'disconnect');
    const [errors] = await Promise.all([
      stderr ? text(stderr) : '',
      once(this.#child, 'close'),
      disconnected,
    ]);
    return { code: this.#child.exitCode, errors };
  }

  async #alive<T>(waited: Promise<T>): Promise<T> {
    const early = this.#ended.then(async () => {
      await this.done();
      throw new Error(`it ended too early: ${this.out}`);
    });
    return Promise.race([waited, early]);
  }
}
