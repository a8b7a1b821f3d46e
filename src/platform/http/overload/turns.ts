import type { Stopwatch } from './stopwatch.js';

/** How long requests are taken up in one turn of the event loop, before it reads on. */
const TURN_MS = 5;
/** At most: what is never refused waits for the next one. */
const LONGEST_TURN_MS = 25;
/** So many times as long as reading and refusing took, those are served who wait, however many come. */
const SHARE = 2;
/** But no more than that at once: a pause of the machine looks like reading. */
const MOST_OWED_MS = 100;
/** Calls that are prepared for one turn; what takes less time than 5 ms / 250 waits for the next one. */
const STEPS = 250;

interface Work {
  /** How many wait. */
  readonly length: number;
  /** Before the first of a turn is taken up. */
  begin(now: number): void;
  /** Takes up one, if there is any. */
  next(): void;
  /** After the last one of a turn. */
  end(now: number): void;
}

/** Shares the turns of the event loop out among those who wait. */
export class Turns {
  #isInTurn = false;
  #since = 0;
  #ms = TURN_MS;
  /** How long those who had waited were taken up in this turn; null while nobody waits. */
  #steppedMs: number | null = null;
  /** How long those who wait are still to be taken up, for what reading and refusing took. */
  #owedMs = 0;
  #steps = 0;

  constructor(
    private readonly stopwatch: Stopwatch,
    private readonly work: Work,
  ) {}

  /** Whether this turn has time left for one more. */
  hasRoom(): boolean {
    if (!this.#isInTurn) this.#begin(this.stopwatch.now());
    return this.stopwatch.now() - this.#since < this.#ms;
  }

  /** Somebody waits. */
  wanted(): void {
    if (this.#steps < STEPS) this.#prepare(1);
  }

  #begin(now: number): void {
    this.#isInTurn = true;
    this.#since = now;
    setImmediate(this.#end);
  }

  /** In the part of the turn that comes after reading. */
  readonly #end = (): void => {
    const now = this.stopwatch.now();
    const stepped = this.#steppedMs;
    this.#isInTurn = false;
    this.#steppedMs = null;
    this.work.begin(now);
    const refusing = this.stopwatch.now() - now;
    if (stepped === null) this.#owedMs = refusing * SHARE;
    else this.#owe(now - this.#since - stepped + refusing, stepped);
    this.#ms = Math.min(LONGEST_TURN_MS, Math.max(TURN_MS, this.#owedMs));
  };

  #owe(othersMs: number, servedMs: number): void {
    this.#owedMs = Math.min(MOST_OWED_MS, Math.max(0, this.#owedMs + othersMs * SHARE - servedMs));
  }

  /** One call of its own for each request, as if it had arrived just now: what it has begun goes on before the next one. */
  #prepare(count: number): void {
    this.#steps += count;
    for (let step = 0; step < count; step += 1) setImmediate(this.#step);
  }

  readonly #step = (): void => {
    this.#steps -= 1;
    // The first of a turn is taken up however late it is.
    const isFirst = !this.#isInTurn;
    if (!this.#isInTurn) this.#begin(this.stopwatch.now());
    if (isFirst || this.hasRoom()) this.work.next();
    if (this.#steps > 0) return;
    const now = this.stopwatch.now();
    this.#steppedMs = now - this.#since;
    this.work.end(now);
    this.#prepare(Math.min(STEPS, this.work.length));
  };
}
