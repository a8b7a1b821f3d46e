import type { Stopwatch } from './stopwatch.js';

/** How long requests are taken up in one turn of the event loop, before it reads on. */
const TURN_MS = 5;
/** At most: what is never refused waits for the next one. */
const LONGEST_TURN_MS = 25;
/** While somebody connects. At 9,300 requests a second three times as much was served as with 5 ms, and as many waited to be accepted. */
const CONNECTING_TURN_MS = 12;
/** So many times as long as reading and refusing took, those are served who wait, however many come. */
const SHARE = 2;
/** But no more than that at once: a pause of the machine looks like reading. */
const MOST_OWED_MS = 100;
/**
 * Node accepts one connection in each turn (libuv since 1.45), and who waits for that waits in the kernel, unseen. So while
 * somebody connects in every turn, nothing is taken up for so long after the last time: turns are short then, and many
 * are accepted in the time in which one would be served. Not where turns are long all the same, because of all that is read
 * and refused, and those who wait are owed the most: nothing would get done otherwise.
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
  /** How long those who had waited were taken up in this turn; null while nobody waits. */
  #steppedMs: number | null = null;
  #hasConnected = false;
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
    const stepped = this.#steppedMs;
    this.#isInTurn = false;
    this.#steppedMs = null;
    this.work.begin(now);
    const refusing = this.stopwatch.now() - now;
    if (stepped === null) this.#owedMs = refusing * SHARE;
    else this.#owe(now - this.#since - stepped + refusing, stepped);
    this.#ms = this.#isAccepting(now) ? 0 : this.#longest;
    this.#hasConnected = false;
    this.#unserved += 1;
  };

  /** Whoever connects waits for the next turn. */
  get #longest(): number {
    if (this.#hasConnected) return CONNECTING_TURN_MS;
    return Math.min(LONGEST_TURN_MS, Math.max(TURN_MS, this.#owedMs));
  }

  #owe(othersMs: number, servedMs: number): void {
    this.#owedMs = Math.min(MOST_OWED_MS, Math.max(0, this.#owedMs + othersMs * SHARE - servedMs));
  }

  #isAccepting(now: number): boolean {
    const isSoon = now - this.#servedAt < ACCEPT_MS || this.#unserved < ACCEPTING_TURNS;
    const mayBegin = this.#ms === 0 || this.#owedMs < MOST_OWED_MS;
    return this.#hasConnected && isSoon && mayBegin;
  }

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
