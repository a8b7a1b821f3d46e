import { digestOf } from '../crypto/digest.js';
import { DomainError } from '../../shared/domain-error.js';
import type { Clock } from '../../shared/clock.js';
import type { Random } from '../../shared/random.js';
import { countPassed, countRefused } from './limit-metrics.js';
import { Limiter, type Rule } from './limiter.js';

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
  readonly #counters = new Map<string, Counter>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly most: number = MOST_COUNTERS,
  ) {
    super();
  }

  // Asynchronous as the port says: adapters that ask another process need it.
  override take(rules: readonly Rule[]): Promise<void> {
    const now = this.clock.now();
    const counters = rules.map((rule) => this.#counter(rule, now));
    const waits = counters.map((counter) => (counter ? counter.blockedUntil - now : FULL_WAIT_MS));
    const longest = Math.max(0, ...waits);
    if (longest > 0) {
      rules.filter((_, index) => (waits[index] ?? 0) > 0).forEach(countRefused);
      return Promise.reject(this.#refusal(longest));
    }
    countPassed(rules);
    rules.forEach((rule, index) => {
      const counter = counters[index];
      if (counter) count(counter, rule, now);
    });
    return Promise.resolve();
  }

  override refund(rules: readonly Rule[], takenAt: number): Promise<void> {
    for (const rule of rules) {
      const counter = this.#counters.get(keyOf(rule));
      if (!counter || counter.startedAt > takenAt || counter.count === 0) continue;
      counter.count -= 1;
      if (counter.count < rule.limit) counter.blockedUntil = 0;
    }
    return Promise.resolve();
  }

  override clear(rules: readonly Rule[]): Promise<void> {
    for (const rule of rules) this.#counters.delete(keyOf(rule));
    return Promise.resolve();
  }

  override wait(rule: Rule): Promise<number> {
    const now = this.clock.now();
    const counter = this.#counters.get(keyOf(rule));
    const isLive = counter !== undefined && counter.endsAt > now;
    return Promise.resolve(isLive ? Math.max(0, counter.blockedUntil - now) : 0);
  }

  /** The live counter of a rule; `undefined` when memory is full of live ones: refused rather than forgotten (S-26). */
  #counter(rule: Rule, now: number): Counter | undefined {
    const known = this.#counters.get(keyOf(rule));
    if (known && known.endsAt > now) return known;
    if (!known && this.#counters.size >= this.most) this.#sweep(now);
    if (!known && this.#counters.size >= this.most) return undefined;
    const fresh = { count: 0, startedAt: now, endsAt: now + rule.windowMs, blockedUntil: 0 };
    this.#counters.set(keyOf(rule), fresh);
    return fresh;
  }

  #sweep(now: number): void {
    for (const [key, counter] of this.#counters) if (counter.endsAt <= now) this.#counters.delete(key);
  }

  /** ±20 % so that refused callers do not come back together (S-26). */
  #refusal(waitMs: number): DomainError {
    const seconds = Math.max(1, waitMs / 1_000);
    const retryAfterSeconds = Math.ceil((seconds * (800 + this.random.below(401))) / 1_000);
    return new DomainError('rate-limited', 'too-many', 'Too many requests. Try again later.', {
      retryAfterSeconds,
    });
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
  override take(): Promise<void> {
    return Promise.resolve();
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

function keyOf({ bucket, key }: Rule): string {
  return `${bucket}\n${key.length > LONGEST_KEY ? digestOf(key).slice(0, 32) : key}`;
}
