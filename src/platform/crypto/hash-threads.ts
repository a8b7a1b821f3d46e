import type { Piscina } from 'piscina';
import type { measured } from './argon2.worker.mjs';

/** A thread that has had nothing to do for so long ends. */
const IDLE_MS = 60_000;

/**
 * The threads that hash. There are none until somebody types a password, nor a minute after the last: each is a JavaScript
 * engine of its own (P-9).
 */
export class HashThreads {
  #opening: Promise<Piscina> | undefined;
  #pool: Piscina | undefined;
  #closed = false;
  /** Tasks that wait for the pool to be made. */
  #early = 0;

  constructor(private readonly limits: { readonly threads: number; readonly queue: number }) {}

  /** How many hashes wait for a thread. */
  get waiting(): number {
    return this.#early + (this.#pool?.queueSize ?? 0);
  }

  async run(task: Parameters<typeof measured>[0]): Promise<ReturnType<typeof measured>> {
    if (this.#closed) throw new Error('a password was to be hashed after the end');
    this.#early += 1;
    const pool = await (this.#opening ??= this.#open()).finally(() => (this.#early -= 1));
    return (await pool.run(task)) as ReturnType<typeof measured>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#opening)?.destroy();
  }

  async #open(): Promise<Piscina> {
    const { Piscina: Pool } = await import('piscina');
    this.#pool = new Pool({
      filename: new URL('./argon2.worker.mjs', import.meta.url).href,
      name: 'measured',
      minThreads: 0,
      maxThreads: this.limits.threads,
      maxQueue: this.limits.queue,
      idleTimeout: IDLE_MS,
    });
    return this.#pool;
  }
}
