import { DomainError } from '../../shared/domain-error.js';
import type { Clock } from '../../shared/clock.js';
import type { Random } from '../../shared/random.js';
import { Limiter, type Rule } from './limiter.js';

interface Counter {
  count: number;
  endsAt: number;
}

/** About 200 bytes a counter: 40 MB at most (S-26). */
const MOST_COUNTERS = 200_000;

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
    const blocked = rules.findIndex((rule, index) => (counters[index]?.count ?? rule.limit) >= rule.limit);
    if (blocked >= 0) return Promise.reject(this.#refusal(counters[blocked]?.endsAt ?? now, now));
    for (const counter of counters) if (counter) counter.count += 1;
    return Promise.resolve();
  }

  override refund(rules: readonly Rule[]): Promise<void> {
    for (const rule of rules) {
      const counter = this.#counters.get(keyOf(rule));
      if (counter && counter.count > 0) counter.count -= 1;
    }
    return Promise.resolve();
  }

  /** The live counter of a rule; `undefined` when memory is full of live ones: refused rather than forgotten (S-26). */
  #counter(rule: Rule, now: number): Counter | undefined {
    const known = this.#counters.get(keyOf(rule));
    if (known && known.endsAt > now) return known;
    if (!known && this.#counters.size >= this.most) this.#sweep(now);
    if (!known && this.#counters.size >= this.most) return undefined;
    const fresh = { count: 0, endsAt: now + rule.windowMs };
    this.#counters.set(keyOf(rule), fresh);
    return fresh;
  }

  #sweep(now: number): void {
    for (const [key, counter] of this.#counters) if (counter.endsAt <= now) this.#counters.delete(key);
  }

  /** ±20 % so that refused callers do not come back together (S-26). */
  #refusal(endsAt: number, now: number): DomainError {
    const seconds = Math.max(1, (endsAt - now) / 1_000);
    const retryAfterSeconds = Math.ceil(seconds * (0.8 + this.random.below(401) / 1_000));
    return new DomainError('rate-limited', 'too-many', 'Too many requests. Try again later.', {
      retryAfterSeconds,
    });
  }
}

/** LIMITS=off: counts nothing. */
export class UnlimitedLimiter extends Limiter {
  override take(): Promise<void> {
    return Promise.resolve();
  }

  override refund(): Promise<void> {
    return Promise.resolve();
  }
}

function keyOf(rule: Rule): string {
  return `${rule.bucket}\n${rule.key}`;
}
