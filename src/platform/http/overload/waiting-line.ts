import { PRIORITIES, type Priority } from './priority.js';

/** How long a line has to stand before it counts as one that does not end. */
const STANDING_MS = 1_000;
/** How much longer one may wait in a line that was empty a moment ago. */
const LENIENCE = 4;
/** So many may stand in a line from which nobody was taken lately. */
const LEAST_ROOM = 8;
/** More than will be taken in time at the pace of late, or it would never get faster. */
const GROWTH = 2;
/** The pace is that of at least so long. */
const PACE_OVER_MS = 100;

/**
 * Who waits for their turn. The most important go first; of these, who came first.
 *
 * Who has waited for too long is sent away. How long that is, is the rule of CoDel (RFC 8289) as servers use it (Maurer,
 * "Fail at Scale", 2015): a line that was empty lately is a burst, or a pause of the machine, and will be gone soon; one
 * that does not end is made short, so that whoever is served at all is served soon. As the less important wait until
 * nobody else does, they are the first to have waited for too long.
 */
export class WaitingLine<Waiting> {
  readonly #lines: readonly Line<Waiting>[];
  #length = 0;

  /** @param patienceMs how long one may wait where waiting does not end */
  constructor(patienceMs: number) {
    this.#lines = PRIORITIES.map((priority) => new Line(priority === 'always' ? Infinity : patienceMs));
  }

  get length(): number {
    return this.#length;
  }

  /** Whether who comes now would wait for too long, and is sent away at once. */
  refuses(priority: Priority, now: number): boolean {
    return this.#lineOf(priority)?.refuses(now) ?? true;
  }

  /** @returns false: as `refuses` */
  add(waiting: Waiting, priority: Priority, now: number): boolean {
    if (this.refuses(priority, now)) return false;
    this.#lineOf(priority)?.add(waiting, now);
    this.#length += 1;
    return true;
  }

  /** The next one, who waits no longer. */
  take(): Waiting | undefined {
    for (let rank = PRIORITIES.length - 1; rank >= 0; rank -= 1) {
      const waiting = this.#lines[rank]?.take();
      if (waiting === undefined) continue;
      this.#length -= 1;
      return waiting;
    }
    return undefined;
  }

  #lineOf(priority: Priority): Line<Waiting> | undefined {
    return this.#lines[PRIORITIES.indexOf(priority)];
  }

  /**
   * All who have waited for too long, the least important first; they wait no longer.
   *
   * @param isTurn of those who wait: they are taken next, so that only whom even a burst is no excuse for is sent away. A
   * process that was not given the processor for a while gets something done before it refuses the rest
   */
  takeOverdue(now: number, isTurn = false): Waiting[] {
    if (this.#length === 0) return [];
    const overdue = this.#lines.flatMap((line) => line.takeOverdue(now, isTurn));
    this.#length -= overdue.length;
    return overdue;
  }
}

/** Those of one importance, in the order in which they came. */
class Line<Waiting> {
  #places: { readonly waiting: Waiting; readonly since: number }[] = [];
  /** Those before it have gone. */
  #first = 0;
  /** Since then there was always somebody. */
  #standsSince = -Infinity;
  /** When somebody was last sent away. */
  #overdueAt = -Infinity;
  /** For how many there is room where the line stands; how many were taken since when. */
  #room = Infinity;
  #taken = 0;
  #countedSince = 0;

  constructor(private readonly patienceMs: number) {}

  refuses(now: number): boolean {
    // Sent away is not served: a line that ended so goes on.
    if (this.#isEmpty && now - this.#overdueAt > STANDING_MS) {
      this.#standsSince = now;
      this.#countFrom(now);
    }
    if (!this.#isStanding(now) || this.#hasRoom(now)) return false;
    this.#overdueAt = now;
    return true;
  }

  add(waiting: Waiting, now: number): void {
    this.#places.push({ waiting, since: now });
  }

  take(): Waiting | undefined {
    const place = this.#places[this.#first];
    if (place === undefined) return undefined;
    this.#taken += 1;
    this.#leave(this.#first + 1);
    return place.waiting;
  }

  takeOverdue(now: number, isTurn: boolean): Waiting[] {
    const patience = this.#isStanding(now) && !isTurn ? this.patienceMs : this.patienceMs * LENIENCE;
    let first = this.#first;
    while (now - (this.#places[first]?.since ?? Infinity) > patience) first += 1;
    if (first === this.#first) return [];
    this.#overdueAt = now;
    const overdue = this.#places.slice(this.#first, first).map(({ waiting }) => waiting);
    this.#leave(first);
    return overdue;
  }

  get #isEmpty(): boolean {
    return this.#first === this.#places.length;
  }

  #isStanding(now: number): boolean {
    return now - this.#standsSince > STANDING_MS;
  }

  #hasRoom(now: number): boolean {
    if (this.patienceMs === Infinity) return true;
    const elapsedMs = now - this.#countedSince;
    if (elapsedMs >= PACE_OVER_MS) {
      const inTime = (this.#taken / elapsedMs) * this.patienceMs;
      this.#room = Math.max(LEAST_ROOM, inTime * GROWTH);
      this.#countFrom(now);
    }
    return this.#places.length - this.#first < this.#room;
  }

  #countFrom(now: number): void {
    this.#taken = 0;
    this.#countedSince = now;
  }

  #leave(first: number): void {
    this.#first = first;
    // Rarely, because what stays is copied.
    if (!this.#isEmpty && first < 1_000) return;
    this.#places = this.#places.slice(first);
    this.#first = 0;
  }
}
