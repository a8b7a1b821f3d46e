import type { Stopwatch } from './stopwatch.js';

/** How long requests are taken up in one turn of the event loop, before it reads on. */
const TURN_MS = 5;
/** As long as reading and refusing took, if that is more, so that something gets done however many come; at most this. */
const LONGEST_TURN_MS = 25;
/**
 * Node accepts one connection in each turn (libuv since 1.45), and who waits for that waits in the kernel, unseen. So while
 * somebody connects in every turn, nothing is taken up for so long after the last time: turns are short then, and many
 * are accepted in the time in which one would be served.
 */
const ACCEPT_MS = 5;
/** And in so many turns at least: a process that waits for the processor accepts nobody meanwhile. */
const ACCEPTING_TURNS = 8;
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
  /** When something was last taken up, and how many turns ago. */
  #servedAt = -Infinity;
  #unserved = ACCEPTING_TURNS;
  /** How long those who had waited were taken up in this turn; 0 while nobody waits. */
  #steppedMs = 0;
  #hasConnected = false;
  #steps = 0;

  constructor(
    private readonly stopwatch: Stopwatch,
    private readonly work: Work,
  ) {}

  /** Whether this turn has time left for one more. */
  hasRoom(): boolean {
    if (!this.#isInTurn) this.#begin(this.stopwatch.now());
    const now = this.stopwatch.now();
    if (now - this.#since >= this.#ms) return false;
    this.#served(now);
    return true;
  }

  /** Somebody waits. */
  wanted(): void {
    if (this.#steps < STEPS) this.#prepare(1);
  }

  connected(): void {
    this.#hasConnected = true;
  }

  #served(now: number): void {
    this.#servedAt = now;
    this.#unserved = 0;
  }

  #begin(now: number): void {
    this.#isInTurn = true;
    this.#since = now;
    setImmediate(this.#end);
  }

  /** In the part of the turn that comes after reading. */
  readonly #end = (): void => {
    const now = this.stopwatch.now();
    const reading = this.#steppedMs === 0 ? 0 : now - this.#since - this.#steppedMs;
    this.#isInTurn = false;
    this.#steppedMs = 0;
    this.work.begin(now);
    const others = reading + this.stopwatch.now() - now;
    const isSoon = now - this.#servedAt < ACCEPT_MS || this.#unserved < ACCEPTING_TURNS;
    const isAccepting = this.#hasConnected && isSoon;
    this.#ms = isAccepting ? 0 : Math.min(LONGEST_TURN_MS, Math.max(TURN_MS, others));
    this.#hasConnected = false;
    this.#unserved += 1;
  };

  /** One call of its own for each request, as if it had arrived just now: what it has begun goes on before the next one. */
  #prepare(count: number): void {
    this.#steps += count;
    for (let step = 0; step < count; step += 1) setImmediate(this.#step);
  }

  readonly #step = (): void => {
    this.#steps -= 1;
    // The first of a turn is taken up however late it is.
    const isFirst = !this.#isInTurn && this.#ms > 0;
    if (!this.#isInTurn) this.#begin(this.stopwatch.now());
    if (isFirst || this.hasRoom()) this.work.next();
    if (this.#steps > 0) return;
    const now = this.stopwatch.now();
    this.#steppedMs = now - this.#since;
    if (this.#ms > 0) this.#served(now);
    this.work.end(now);
    this.#prepare(Math.min(STEPS, this.work.length));
  };
}
