import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { MINUTE } from '../../shared/clock.js';
import { lastly, type Soon } from '../../shared/soon.js';
import { Limiter, type Rule } from './limiter.js';
import { perNetwork } from './per-network.js';

/** How often a network may call what asks for no credential. */
export function anonymousRule(network: string, { anonymousMinute: limit }: Config): Rule {
  return { bucket: 'anonymous-minute', key: network, limit, windowMs: MINUTE };
}

/**
 * Counts whoever shows a credential that has proven nothing yet, before it is looked up: else anybody has the database read
 * without end. One that is good gives its count back, so that a crowd that comes back through one network is let in (ADR 0042).
 */
@Injectable()
export class Strangers {
  constructor(
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  /**
   * Looks a credential up. Stays counted if there is none: null. A look that fails says nothing about who asked.
   *
   * @throws DomainError rate-limited, and nothing was looked up
   */
  async look<T>(network: string, lookUp: () => Soon<T | null>): Promise<T | null> {
    const rules = this.#rulesOf(network);
    if (!this.limiter.takeNow(rules)) await this.limiter.take(rules);
    let isNobodys = false;
    try {
      const found = await lookUp();
      isNobodys = found === null;
      return found;
    } finally {
      if (!isNobodys) this.limiter.giveBackNow(rules);
    }
  }

  /** The same at once, for whoever goes on to `look` after null, and is counted there: also where nothing may be looked up. */
  lookNow<T>(network: string, lookUp: () => Soon<T | null>): Soon<T | null> {
    const rules = this.#rulesOf(network);
    if (!this.limiter.takeNow(rules)) return null;
    return lastly(lookUp, () => {
      this.limiter.giveBackNow(rules);
    });
  }

  #rulesOf(network: string): Rule[] {
    return perNetwork(anonymousRule(network, this.config));
  }
}
