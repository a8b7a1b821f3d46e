import { DomainError } from '../../shared/domain-error.js';
import type { Limiter, Rule } from './limiter.js';

/**
 * What may be used once, over all nodes, and lapses by itself: a limit of one. While Redis is away each node lets it
 * through once; what is in the database needs none of this.
 */
export class Once {
  constructor(private readonly limiter: Limiter) {}

  /** @param lastsMs for so long it is remembered. @returns false if it was used before, or no more can be remembered */
  async use(bucket: string, key: string, lastsMs: number): Promise<boolean> {
    try {
      await this.limiter.take([ruleOf(bucket, key, lastsMs)]);
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'rate-limited') return false;
      throw error;
    }
  }

  /** Makes it good again, once. */
  giveBack(bucket: string, key: string): Promise<void> {
    return this.limiter.clear([ruleOf(bucket, key, 1)]);
  }
}

function ruleOf(bucket: string, key: string, windowMs: number): Rule {
  return { bucket, key, limit: 1, windowMs };
}
