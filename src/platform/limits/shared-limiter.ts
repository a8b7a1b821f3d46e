import type { RedisLink } from '../redis/redis-link.js';
import { RedisAway } from '../redis/redis-link.js';
import { Limiter, type Counted, type Rule } from './limiter.js';

/**
 * Limits that hold over all nodes while Redis is there. While it is away each node counts by itself, and allows its share:
 * never everything, never nothing (S-27). What was counted so is dropped when Redis is back.
 */
export class SharedLimiter extends Limiter {
  #alone: Limiter;
  #comebacks: number;

  /**
   * @param shared throws RedisAway
   * @param alone makes empty counters of this process
   * @param nodes how many share a limit
   */
  constructor(
    private readonly redis: Pick<RedisLink, 'comebacks'>,
    private readonly shared: Limiter,
    private readonly alone: () => Limiter,
    private readonly nodes: number,
  ) {
    super();
    this.#alone = alone();
    this.#comebacks = redis.comebacks;
  }

  override take(rules: readonly Rule[]): Promise<Counted> {
    return this.#with(
      () => this.shared.take(rules),
      (limiter) => limiter.take(rules.map((rule) => this.#shareOf(rule))),
    );
  }

  /** By whoever counted it: the others do not know of it. */
  override refund(counted: Counted): Promise<void> {
    return this.#with(
      () => counted.by.refund(counted),
      () => Promise.resolve(),
    );
  }

  override async clear(rules: readonly Rule[]): Promise<void> {
    await this.#alone.clear(rules);
    await this.#with(
      () => this.shared.clear(rules),
      () => Promise.resolve(),
    );
  }

  override wait(rule: Rule): Promise<number> {
    return this.#with(
      () => this.shared.wait(rule),
      (limiter) => limiter.wait(this.#shareOf(rule)),
    );
  }

  async #with<T>(shared: () => Promise<T>, alone: (limiter: Limiter) => Promise<T>): Promise<T> {
    if (this.redis.comebacks !== this.#comebacks) {
      this.#comebacks = this.redis.comebacks;
      this.#alone = this.alone();
    }
    try {
      return await shared();
    } catch (error) {
      if (error instanceof RedisAway) return alone(this.#alone);
      throw error;
    }
  }

  #shareOf(rule: Rule): Rule {
    return { ...rule, limit: Math.max(1, Math.floor(rule.limit / this.nodes)) };
  }
}
