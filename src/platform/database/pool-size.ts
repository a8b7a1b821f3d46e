import type { Pool, PoolClient } from 'pg';

/** What a pool gives each of its connections. It reads `max` anew before it makes another. */
export interface PoolOptions {
  max: number;
  readonly size: PoolSize;
}

/** What a pool keeps. */
const LEAST = 1;
/** What a broker begins with: what three nodes need for 300 requests a second, half of them writes. */
const FIRST = 4;
const LOOK_MS = 200;
/** Ten connections go within the time that load balancers have to notice (`DRAIN_DELAY_SECONDS`). */
const GIVE_BACK_MS = 400;

/**
 * How many connections a pool has: those that a broker begins with (`fill`), and another after as many looks in a row at which somebody
 * waited as there are already; made for nobody in particular.
 *
 * A connection is a process of PostgreSQL: to make one, and to plan on it what was planned on others, takes up to 80 ms of a core, to end
 * one 30. Where the processor is what is short, as when a node has ended and the others have its requests, more connections
 * take it from those who wait, and more and more wait. The pool itself would make one for whoever finds none idle, and have them wait
 * for that, although somebody else is done sooner. While PostgreSQL makes none, it takes up also those that were given up, so that
 * whoever tries many at once is never done with them.
 */
export class PoolSize {
  #made = 0;
  #making = 0;
  /** Looks in a row at which somebody waited. */
  #waited = 0;

  constructor(private readonly most: number) {}

  /** For `PoolOptions` of a pool that has none yet. */
  static upTo(most: number): PoolOptions {
    return { max: LEAST, size: new PoolSize(most) };
  }

  /** From now on looks what `pool`, whose options have this, needs. */
  watch(pool: Pool): void {
    untilItEnds(pool, LOOK_MS, () => this.#look(pool));
  }

  begun(): void {
    this.#making += 1;
  }

  made(options: PoolOptions): void {
    this.#making -= 1;
    this.#made += 1;
    this.#limit(options);
  }

  failed(options: PoolOptions): void {
    this.#making -= 1;
    this.#limit(options);
  }

  ended(options: PoolOptions): void {
    this.#made -= 1;
    this.#limit(options);
  }

  #limit(options: PoolOptions): void {
    options.max = Math.max(LEAST, this.#made);
  }

  #look(pool: Pool): void {
    this.#waited = pool.waitingCount > 0 ? this.#waited + 1 : 0;
    if (this.#waited >= Math.max(LEAST, this.#made)) this.#add(pool);
  }

  #add(pool: Pool): void {
    if (this.#making > 0 || this.#made >= this.most) return;
    this.#waited = 0;
    const options = optionsOf(pool);
    options.max = this.#made + 1;
    // None is idle, so that this makes one.
    void borrowed(pool, false);
    this.#limit(options);
  }
}

/**
 * Makes the first few, before anybody is let in: made while many come to a process that is busy compiling its code, they would take from
 * those. Does not throw: why there are fewer is told to whoever asks next.
 */
export async function fill(pool: Pool): Promise<void> {
  const options = optionsOf(pool);
  const held: PoolClient[] = [];
  try {
    while (held.length < FIRST) {
      options.max = held.length + 1;
      held.push(await pool.connect());
    }
  } catch {
    return;
  } finally {
    for (const client of held) client.release();
  }
}

/** Nobody new will come to `pool`: what is idle is ended one after the other from now on, until one is left. */
export function giveBack(pool: Pool): void {
  untilItEnds(pool, GIVE_BACK_MS, () => {
    if (pool.idleCount > LEAST) void borrowed(pool, true);
  });
}

function optionsOf(pool: Pool): PoolOptions {
  return pool.options as unknown as PoolOptions;
}

function untilItEnds(pool: Pool, everyMs: number, act: () => void): void {
  const timer = setInterval(() => {
    if (pool.ending) clearInterval(timer);
    else act();
  }, everyMs);
  timer.unref();
}

/** Does not throw: that there is no connection is told to those who wait. */
async function borrowed(pool: Pool, isEnded: boolean): Promise<void> {
  try {
    (await pool.connect()).release(isEnded);
  } catch {
    return;
  }
}
