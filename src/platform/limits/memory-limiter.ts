import { digestOf } from '../crypto/digest.js';
import type { Clock } from '../../shared/clock.js';
import type { Random } from '../../shared/random.js';
import { countPassed, countRefused } from './limit-metrics.js';
import { tooMany } from './limit-refusal.js';
import { Limiter, type Counted, type Rule } from './limiter.js';

interface Counter {
  count: number;
  readonly startedAt: number;
  endsAt: number;
  /** Nothing passes before this time; 0 while the limit is not reached. */
  blockedUntil: number;
}

/** Measured at up to 400 bytes a counter with its key: 57 MB at most (S-26). */
const MOST_COUNTERS = 150_000;
/** Longer keys, such as the names that strangers type, are kept as a digest: else they would decide on the memory. */
const LONGEST_KEY = 32;
/** What callers are told when memory is full of live counters. */
const FULL_WAIT_MS = 60_000;

/** Counters in this process: fixed windows that start with the first act. */
export class MemoryLimiter extends Limiter {
  /** By bucket and key: a key that is the same text each time is found without putting one together (P-1). */
  readonly #buckets = new Map<string, Map<string, Counter>>();
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
    const fits = this.#makeRoom(rules, now);
    const refusing = fits ? rules.filter((rule) => this.#waitFor(rule, now) > 0) : rules;
    if (refusing.length > 0) {
      refusing.forEach(countRefused);
      const longest = Math.max(...refusing.map((rule) => this.#waitFor(rule, now)));
      return Promise.reject(tooMany(fits ? longest : FULL_WAIT_MS, this.random));
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
      if (counter !== undefined) count(counter, rule, now);
    });
    countPassed(rules);
    return true;
  }

  /** The same where somebody is counted for the first time in a window. */
  #beginNow(rules: readonly Rule[], now: number): boolean {
    const isRefused = !this.#makeRoom(rules, now) || rules.some((rule) => this.#waitFor(rule, now) > 0);
    if (!isRefused) this.#countAll(rules, now);
    return !isRefused;
  }

  #countAll(rules: readonly Rule[], now: number): void {
    countPassed(rules);
    for (const rule of rules) count(this.#counter(rule, now), rule, now);
  }

  override refund({ rules, at }: Counted): Promise<void> {
    for (const rule of rules) {
      const counter = this.#find(rule);
      if (counter && counter.startedAt <= at) giveBack(counter, rule);
    }
    return Promise.resolve();
  }

  override giveBackNow(rules: readonly Rule[]): void {
    for (const rule of rules) {
      const counter = this.#find(rule);
      if (counter === undefined) continue;
      giveBack(counter, rule);
      // Of a crowd that comes back, each in a network of its own, nothing stays (S-26).
      if (counter.count === 0) this.#forget(this.#buckets.get(rule.bucket), keptAs(rule.key));
    }
  }

  override clear(rules: readonly Rule[]): Promise<void> {
    for (const { bucket, key } of rules) this.#forget(this.#buckets.get(bucket), keptAs(key));
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
    return this.#buckets.get(bucket)?.get(keptAs(key));
  }

  #forget(counters: Map<string, Counter> | undefined, key: string): void {
    if (counters?.delete(key) === true) this.#size -= 1;
  }

  #counter(rule: Rule, now: number): Counter {
    const known = this.#live(rule, now);
    if (known) return known;
    const fresh = { count: 0, startedAt: now, endsAt: now + rule.windowMs, blockedUntil: 0 };
    const { bucket, key } = rule;
    const counters = this.#buckets.get(bucket) ?? new Map<string, Counter>();
    this.#buckets.set(bucket, counters);
    this.#forget(counters, keptAs(key));
    counters.set(keptAs(key), fresh);
    this.#size += 1;
    return fresh;
  }

  /** False when memory is full of live counters: newcomers are refused rather than anybody forgotten (S-26). */
  #makeRoom(rules: readonly Rule[], now: number): boolean {
    const fits = (): boolean => {
      const newcomers = rules.filter((rule) => this.#find(rule) === undefined).length;
      return newcomers === 0 || this.#size + newcomers <= this.most;
    };
    if (!fits()) this.#sweep(now);
    return fits();
  }

  #sweep(now: number): void {
    for (const counters of this.#buckets.values())
      for (const [key, { endsAt }] of counters) if (endsAt <= now) this.#forget(counters, key);
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

function giveBack(counter: Counter, { limit }: Rule): void {
  if (counter.count === 0) return;
  counter.count -= 1;
  if (counter.count < limit) counter.blockedUntil = 0;
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
