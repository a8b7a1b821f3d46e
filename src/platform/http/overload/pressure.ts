import { PRIORITIES, type Priority } from './priority.js';

/** Everything that may be refused is, from here on. */
const MOST = PRIORITIES.length - 1;
/** From nothing refused to everything in a second when the delay is twice what it may be; ten times as slowly back. */
const RISE_PER_SECOND = MOST;
const FALL_PER_SECOND = MOST / 10;
/** A loop that stood still says little about how long it did so. */
const LONGEST_STEP_SECONDS = 1;

/**
 * How much has to be refused, from 0 (nothing) to 5 (everything but `always`): 2.3 means all look-ups and registrations
 * and three of ten sign-ins.
 *
 * The rule is that of CoDel (RFC 8289): what counts is not how long anything waited but for how long waiting did not end,
 * so one long pause, as of a garbage collection, changes nothing. What is done about it is that of DAGOR (Zhou et al.,
 * "Overload Control for Scaling WeChat Microservices", 2018): refuse by importance, quickly more and slowly less.
 */
export class Pressure {
  #level = 0;
  #lastDelay = 0;
  readonly #owed = PRIORITIES.map(() => 0);

  /** @param mostMs how long requests may have to wait */
  constructor(private readonly mostMs: number) {}

  get level(): number {
    return this.#level;
  }

  /** @param delayMs the longest that anything waited in the last `seconds` */
  observe(delayMs: number, seconds: number): void {
    // The shorter of two in a row: waiting ended in between.
    const standing = Math.min(delayMs, this.#lastDelay);
    this.#lastDelay = delayMs;
    const excess = Math.min(1, standing / this.mostMs - 1);
    const rate = excess > 0 ? RISE_PER_SECOND : FALL_PER_SECOND;
    const level = this.#level + excess * rate * Math.min(LONGEST_STEP_SECONDS, seconds);
    this.#level = Math.min(MOST, Math.max(0, level));
  }

  /** Whether the next request of this importance is served; of a part that is refused, evenly spread. */
  admits(priority: Priority): boolean {
    const rank = PRIORITIES.indexOf(priority);
    if (rank === MOST) return true;
    const refused = Math.min(1, Math.max(0, this.#level - rank));
    const owed = (this.#owed[rank] ?? 0) + refused;
    this.#owed[rank] = owed >= 1 ? owed - 1 : owed;
    return owed < 1;
  }
}
