import type { Piscina } from 'piscina';
import type { hashed } from './argon2.worker.mjs';

/** A thread that has had nothing to do for so long ends. */
const IDLE_MS = 60_000;

/** So many who wait are a crowd; fewer are not kept waiting for each other. */
const CROWD = 4;
/** So many of it at most are hashed for one answer of a thread: with the default cost a tenth of a second. */
const MOST_TOGETHER = 8;

type Task = Parameters<typeof hashed>[0][number];
type Outcome = ReturnType<typeof hashed>[number];
type Hash = Extract<Outcome, { tag: unknown }>;

interface Waiting {
  readonly task: Task;
  readonly settle: (outcome: Outcome) => void;
}

/**
 * The threads that hash. There are none until somebody types a password, nor a minute after the last: each is a JavaScript
 * engine of its own (P-9).
 *
 * Who waits in a crowd is hashed, and answered, together with others: 19 MiB a hash drive code and data of everything else out
 * of the processor's caches, so that what comes after it costs half as much if it is done for several at once (P-7).
 */
export class HashThreads {
  #opening: Promise<Piscina> | undefined;
  #closed = false;
  #busy = 0;
  readonly #queue: Waiting[] = [];
  /** Handed to a thread, behind others. */
  #behind = 0;

  constructor(private readonly threads: number) {}

  /** How many hashes wait for their turn. */
  get waiting(): number {
    return this.#queue.length + this.#behind;
  }

  async run(task: Task): Promise<Hash> {
    if (this.#closed) throw new Error('a password was to be hashed after the end');
    const outcome = await new Promise<Outcome>((settle) => {
      this.#queue.push({ task, settle });
      this.#handOver();
    });
    if ('error' in outcome) throw outcome.error;
    return outcome;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = new Error('the broker ends');
    for (const { settle } of this.#queue.splice(0)) settle({ error });
    await (await this.#opening)?.destroy();
  }

  #handOver(): void {
    while (this.#busy < this.threads && this.#queue.length > 0) {
      const share = this.#queue.length < CROWD ? 1 : Math.ceil(this.#queue.length / this.threads);
      void this.#together(this.#queue.splice(0, Math.min(share, MOST_TOGETHER)));
    }
  }

  async #together(crowd: readonly Waiting[]): Promise<void> {
    this.#busy += 1;
    this.#behind += crowd.length - 1;
    const outcomes = await this.#outcomes(crowd.map(({ task }) => task));
    this.#busy -= 1;
    this.#behind -= crowd.length - 1;
    // The thread first: it need not wait until everybody has been answered.
    this.#handOver();
    crowd.forEach(({ settle }, at) => settle(outcomes[at] ?? { error: new Error('a hash is missing') }));
  }

  /** As many, in order. */
  async #outcomes(tasks: readonly Task[]): Promise<readonly Outcome[]> {
    try {
      const pool = await (this.#opening ??= this.#open());
      return (await pool.run(tasks)) as ReturnType<typeof hashed>;
    } catch (error) {
      return tasks.map(() => ({ error }));
    }
  }

  async #open(): Promise<Piscina> {
    const { Piscina: Pool } = await import('piscina');
    return new Pool({
      filename: new URL('./argon2.worker.mjs', import.meta.url).href,
      name: 'hashed',
      minThreads: 0,
      maxThreads: this.threads,
      idleTimeout: IDLE_MS,
      recordTiming: false,
    });
  }
}
