import type { OnApplicationShutdown } from '@nestjs/common';
import type { RedisLink } from '../redis/redis-link.js';
import { RedisAway } from '../redis/redis-away.js';
import { countPassed } from './limit-metrics.js';
import { Limiter, type Counted, type Rule } from './limiter.js';
import type { Tally } from './tally.js';

interface Counters {
  /** Throws RedisAway. */
  readonly shared: Limiter;
  /** Counts for it what must not wait. */
  readonly tally: Tally;
  /** Makes empty counters of this process. */
  readonly alone: () => Limiter;
}

/**
 * Limits that hold over all nodes while Redis is there. While it is away each node counts by itself, and allows its share:
 * never everything, never nothing (S-27). What was counted so is dropped when Redis is back.
 */
export class SharedLimiter extends Limiter implements OnApplicationShutdown {
  #alone: Limiter;
  #comebacks: number;

  /** @param nodes how many share a limit */
  constructor(
    private readonly redis: Pick<RedisLink, 'comebacks' | 'isUp'>,
    private readonly counters: Counters,
    private readonly nodes: number,
  ) {
    super();
    this.#alone = counters.alone();
    this.#comebacks = redis.comebacks;
  }

  onApplicationShutdown(): void {
    this.counters.tally.end();
  }

  override take(rules: readonly Rule[]): Promise<Counted> {
    return this.#with(
      () => this.counters.shared.take(rules),
      (limiter) => limiter.take(rules.map((rule) => this.#shareOf(rule))),
    );
  }

  override takeNow(rules: readonly Rule[]): boolean {
    this.#dropOld();
    if (!this.redis.isUp) return this.#alone.takeNow(rules.map((rule) => this.#shareOf(rule)));
    const isTaken = this.counters.tally.takes(rules);
    if (isTaken) countPassed(rules);
    return isTaken;
  }

  override giveBackNow(rules: readonly Rule[]): void {
    this.#dropOld();
    if (this.redis.isUp) this.counters.tally.givesBack(rules);
    else this.#alone.giveBackNow(rules.map((rule) => this.#shareOf(rule)));
  }

  /** By whoever counted it: the others do not know of it. */
  override refund(counted: Counted): Promise<void> {
    return this.#with(
      () => counted.by.refund(counted),
      () => Promise.resolve(),
    );
  }

  override async clear(rules: readonly Rule[]): Promise<void> {
    this.counters.tally.forget(rules);
    await this.#alone.clear(rules);
    await this.#with(
      () => this.counters.shared.clear(rules),
      () => Promise.resolve(),
    );
  }

  override wait(rule: Rule): Promise<number> {
    return this.#with(
      () => this.counters.shared.wait(rule),
      (limiter) => limiter.wait(this.#shareOf(rule)),
    );
  }

  async #with<T>(shared: () => Promise<T>, alone: (limiter: Limiter) => Promise<T>): Promise<T> {
    this.#dropOld();
    try {
      return await shared();
    } catch (error) {
      if (error instanceof RedisAway) return alone(this.#alone);
      throw error;
    }
  }

  #dropOld(): void {
    if (this.redis.comebacks === this.#comebacks) return;
    this.#comebacks = this.redis.comebacks;
    this.#alone = this.counters.alone();
    this.counters.tally.forgetAll();
  }

  #shareOf(rule: Rule): Rule {
    return { ...rule, limit: Math.max(1, Math.floor(rule.limit / this.nodes)) };
  }
}
