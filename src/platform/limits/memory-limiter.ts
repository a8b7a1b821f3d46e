import { digestOf } from '../crypto/digest.js';
import { Chain, type Link } from '../../shared/chain.js';
import type { Clock } from '../../shared/clock.js';
import type { Random } from '../../shared/random.js';
import { countPassed, countRefused } from './limit-metrics.js';
import { tooMany } from './limit-refusal.js';
import { Limiter, type Counted, type Rule } from './limiter.js';

interface Counter extends Link<Counter> {
  readonly key: string;
  count: number;
  readonly startedAt: number;
  endsAt: number;
  /** Nothing passes before this time; 0 while the limit is not reached. */
  blockedUntil: number;
  isSpent: boolean;
}

/**
 * The counters of one kind, by key, and by age: those below their limit, and those that have reached it. As all windows of a
 * kind are alike, the oldest of each ends first, or all but: what was moved or paused is found a window later at most.
 */
class Bucket {
  readonly counters = new Map<string, Counter>();
  readonly open = new Chain<Counter>();
  readonly spent = new Chain<Counter>();

  begin(key: string, startedAt: number, endsAt: number): Counter {
    const counter: Counter = {
      key,
      count: 0,
      startedAt,
      endsAt,
      blockedUntil: 0,
      isSpent: false,
      older: undefined,
      newer: undefined,
    };
    this.counters.set(key, counter);
    this.open.append(counter);
    return counter;
  }

  forget(counter: Counter): void {
    this.counters.delete(counter.key);
    this.#chainOf(counter).takeOut(counter);
  }

  /** It has reached its limit, or once more, with a longer pause; or it is below it again. */
  move(counter: Counter, isSpent: boolean): void {
    this.#chainOf(counter).takeOut(counter);
    counter.isSpent = isSpent;
    this.#chainOf(counter).append(counter);
  }

  /** One whose window is over, if there is any to be found at once. */
  ended(now: number): Counter | undefined {
    return [this.open.oldest, this.spent.oldest].find((one) => one !== undefined && one.endsAt <= now);
  }

  #chainOf({ isSpent }: Counter): Chain<Counter> {
    return isSpent ? this.spent : this.open;
  }
}

/** Measured at up to 350 bytes a counter with its key, and reckoned at 460: 60 MB at most (S-26). */
const MOST_COUNTERS = 130_000;
/** Longer keys, such as the names that strangers type, are kept as a digest: else they would decide on the memory. */
const LONGEST_KEY = 32;
/** What callers are told when memory is full of counters that are at their limit. */
const FULL_WAIT_MS = 60_000;

/**
 * Counters in this process: fixed windows that start with the first act.
 *
 * When there is no more room, a newcomer takes the place of one that has ended, else of the oldest below its limit, in the bucket that
 * has most of them: a flood makes those forget that flood. One at its limit is never forgotten; where all are, newcomers are
 * refused (S-26). Nothing is looked through for that: a stranger with many networks would make each request cost that.
 */
export class MemoryLimiter extends Limiter {
  /** By bucket and key: a key that is the same text each time is found without putting one together (P-1). */
  readonly #buckets = new Map<string, Bucket>();
  #size = 0;
  /** Those of `takeNow`, in memory that is used each time again (P-1). */
  readonly #found: Counter[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly most: number = MOST_COUNTERS,
  ) {
    super();
  }

  // Asynchronous as the port says: adapters that ask another process need it.
  override take(rules: readonly Rule[]): Promise<Counted> {
    const now = this.clock.now();
    const refusing = rules.filter((rule) => this.#waitFor(rule, now) > 0);
    if (refusing.length > 0) {
      refusing.forEach(countRefused);
      const longest = Math.max(...refusing.map((rule) => this.#waitFor(rule, now)));
      return Promise.reject(tooMany(longest, this.random));
    }
    if (!this.#makeRoom(rules, now)) {
      rules.forEach(countRefused);
      return Promise.reject(tooMany(FULL_WAIT_MS, this.random));
    }
    this.#countAll(rules, now);
    return Promise.resolve({ rules, at: now, by: this });
  }

  override takeNow(rules: readonly Rule[]): boolean {
    const now = this.clock.now();
    const counters = this.#found;
    let found = 0;
    for (const rule of rules) {
      const counter = this.#live(rule, now);
      if (counter === undefined) return this.#beginNow(rules, now);
      if (counter.blockedUntil > now) return false;
      counters[found] = counter;
      found += 1;
    }
    rules.forEach((rule, at) => {
      const counter = counters[at];
      if (counter !== undefined) this.#count(counter, rule, now);
    });
    countPassed(rules);
    return true;
  }

  /** The same where somebody is counted for the first time in a window. */
  #beginNow(rules: readonly Rule[], now: number): boolean {
    const isRefused = rules.some((rule) => this.#waitFor(rule, now) > 0) || !this.#makeRoom(rules, now);
    if (!isRefused) this.#countAll(rules, now);
    return !isRefused;
  }

  #countAll(rules: readonly Rule[], now: number): void {
    countPassed(rules);
    for (const rule of rules) this.#count(this.#counter(rule, now), rule, now);
  }

  #count(counter: Counter, rule: Rule, now: number): void {
    count(counter, rule, now);
    if (counter.count >= rule.limit) this.#buckets.get(rule.bucket)?.move(counter, true);
  }

  override refund({ rules, at }: Counted): Promise<void> {
    for (const rule of rules) {
      const counter = this.#find(rule);
      if (counter && counter.startedAt <= at) this.#giveBack(counter, rule);
    }
    return Promise.resolve();
  }

  override giveBackNow(rules: readonly Rule[]): void {
    for (const rule of rules) {
      const counter = this.#find(rule);
      if (counter === undefined) continue;
      this.#giveBack(counter, rule);
      // Of a crowd that comes back, each in a network of its own, nothing stays (S-26).
      if (counter.count === 0) this.#forget(this.#buckets.get(rule.bucket), counter);
    }
  }

  #giveBack(counter: Counter, { bucket, limit }: Rule): void {
    if (counter.count === 0) return;
    counter.count -= 1;
    if (counter.count >= limit) return;
    counter.blockedUntil = 0;
    if (counter.isSpent) this.#buckets.get(bucket)?.move(counter, false);
  }

  override clear(rules: readonly Rule[]): Promise<void> {
    for (const rule of rules) this.#forget(this.#buckets.get(rule.bucket), this.#find(rule));
    return Promise.resolve();
  }

  override wait(rule: Rule): Promise<number> {
    return Promise.resolve(this.#waitFor(rule, this.clock.now()));
  }

  #waitFor(rule: Rule, now: number): number {
    return Math.max(0, (this.#live(rule, now)?.blockedUntil ?? now) - now);
  }

  #live(rule: Rule, now: number): Counter | undefined {
    const known = this.#find(rule);
    return known && known.endsAt > now ? known : undefined;
  }

  #find({ bucket, key }: Rule): Counter | undefined {
    return this.#buckets.get(bucket)?.counters.get(keptAs(key));
  }

  #forget(bucket: Bucket | undefined, counter: Counter | undefined): boolean {
    if (bucket === undefined || counter === undefined) return false;
    bucket.forget(counter);
    this.#size -= 1;
    return true;
  }

  #counter(rule: Rule, now: number): Counter {
    const known = this.#live(rule, now);
    if (known) return known;
    const bucket = this.#buckets.get(rule.bucket) ?? new Bucket();
    this.#buckets.set(rule.bucket, bucket);
    this.#forget(bucket, this.#find(rule));
    this.#size += 1;
    return bucket.begin(keptAs(rule.key), now, now + rule.windowMs);
  }

  /** @returns false where nobody may be forgotten for it */
  #makeRoom(rules: readonly Rule[], now: number): boolean {
    while (!this.#fits(rules)) if (!this.#forgetEnded(now) && !this.#forgetOpen()) return false;
    return true;
  }

  #fits(rules: readonly Rule[]): boolean {
    const newcomers = rules.filter((rule) => this.#find(rule) === undefined).length;
    return newcomers === 0 || this.#size + newcomers <= this.most;
  }

  #forgetEnded(now: number): boolean {
    for (const bucket of this.#buckets.values()) if (this.#forget(bucket, bucket.ended(now))) return true;
    return false;
  }

  #forgetOpen(): boolean {
    let most: Bucket | undefined;
    for (const bucket of this.#buckets.values())
      if (most === undefined || bucket.open.length > most.open.length) most = bucket;
    return this.#forget(most, most?.open.oldest);
  }
}

/** Counts one act, and blocks the next ones when it was the last that the rule allows. */
function count(counter: Counter, rule: Rule, now: number): void {
  counter.count += 1;
  if (counter.count < rule.limit) return;
  if (!rule.backoff) {
    counter.blockedUntil = counter.endsAt;
    return;
  }
  const { firstMs, mostMs } = rule.backoff;
  const pause = Math.min(mostMs, firstMs * 2 ** Math.min(30, counter.count - rule.limit));
  counter.blockedUntil = now + pause;
  // Patience does not bring the short pauses back at once: the window starts again after the pause.
  counter.endsAt = counter.blockedUntil + rule.windowMs;
}

/** LIMITS=off: counts nothing. */
export class UnlimitedLimiter extends Limiter {
  override take(rules: readonly Rule[]): Promise<Counted> {
    return Promise.resolve({ rules, at: 0, by: this });
  }

  override takeNow(): boolean {
    return true;
  }

  override giveBackNow(): void {
    // Nothing was counted.
  }

  override refund(): Promise<void> {
    return Promise.resolve();
  }

  override clear(): Promise<void> {
    return Promise.resolve();
  }

  override wait(): Promise<number> {
    return Promise.resolve(0);
  }
}

function keptAs(key: string): string {
  return key.length > LONGEST_KEY ? digestOf(key).slice(0, 32) : key;
}
