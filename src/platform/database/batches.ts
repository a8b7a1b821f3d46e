/** So many batches are under way at once; who comes then is dealt with together with the others who wait. */
const MOST_UNDER_WAY = 2;
/** Nobody waits longer for the batches of others: the database may not answer them at all, or wait for a lock. */
const LONGEST_WAIT_MS = 10;

/** Those who wait to be dealt with together, on a connection. */
export interface Crowd<Connection, Batch> {
  /** So many are dealt with in a batch. */
  readonly most: number;
  /** Whether somebody waits who was not taken. */
  isWaiting(): boolean;
  /** Waits for a connection. Whoever comes meanwhile belongs to the same batch. */
  connect(): Promise<Connection>;
  /** So many of those who wait, who wait no longer. */
  take(most: number): Batch;
  /** @returns tells them what came of it; called once the next ones are due */
  deal(connection: Connection, batch: Batch): Promise<() => void>;
  /** Tells them what `deal` threw, or that there is no connection, which is told to everybody who waits for it. */
  fail(batch: Batch, error: unknown): void;
}

/**
 * Says when those who wait are dealt with: at the end of the turn of the event loop in which the first of them came, together with
 * all who came in it; at most two batches are under way, and at most one of them has yet to take who waits, because it waits for a
 * connection. The more has to be done the longer all wait, and the more is done in each.
 */
export class Batches<Connection, Batch> {
  #underWay = 0;
  /** The next one is about to begin, or has begun and not taken anybody yet. */
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly crowd: Crowd<Connection, Batch>) {}

  /** Somebody waits. */
  wanted(): void {
    if (this.#underWay < MOST_UNDER_WAY) this.#due();
    else if (!this.#isDue) this.#timer ??= setTimeout(this.#due, LONGEST_WAIT_MS);
  }

  readonly #due = (): void => {
    if (this.#isDue || !this.crowd.isWaiting()) return;
    this.#isDue = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    setImmediate(() => void this.#next());
  };

  async #next(): Promise<void> {
    this.#underWay += 1;
    const tell = await this.#dealt();
    this.#underWay -= 1;
    this.#due();
    tell();
  }

  async #dealt(): Promise<() => void> {
    const { crowd } = this;
    let batch: Batch | undefined;
    try {
      const connection = await crowd.connect();
      batch = this.#taken(crowd.most);
      return await crowd.deal(connection, batch);
    } catch (error) {
      const failed = batch ?? this.#taken(Infinity);
      return () => crowd.fail(failed, error);
    }
  }

  #taken(most: number): Batch {
    const batch = this.crowd.take(most);
    this.#isDue = false;
    if (this.crowd.isWaiting()) this.wanted();
    return batch;
  }
}
