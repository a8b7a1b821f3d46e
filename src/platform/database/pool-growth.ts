/** What a pool gives each of its connections. It reads `max` anew before it makes another. */
export interface PoolOptions {
  max: number;
  readonly growth: PoolGrowth;
}

/**
 * How many connections a pool may have. At the beginning, and when one could not be made, one is tried at a time: PostgreSQL
 * takes up also those that were given up meanwhile, each by a process of its own. If all who wait tried at once, one that is slow
 * would never be done with them, and answer nobody in time; whoever asks first waits for the connection that is made for it, while
 * others could have that of somebody who is done. Each that is made doubles how many there may be.
 */
export class PoolGrowth {
  /** What `max` begins with. */
  static readonly FIRST = 1;

  #connected = 0;

  constructor(private readonly most: number) {}

  made(pool: PoolOptions): void {
    this.#connected += 1;
    pool.max = Math.min(this.most, 2 * pool.max);
  }

  ended(): void {
    this.#connected -= 1;
  }

  failed(pool: PoolOptions): void {
    pool.max = Math.min(this.most, this.#connected + 1);
  }
}
