import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { MINUTE } from '../../shared/clock.js';
import { lastly, soon, type Soon } from '../../shared/soon.js';
import { Limiter, type Rule } from './limiter.js';
import { perNetwork } from './per-network.js';

/**
 * What somebody comes for. Whoever ends something is counted apart: strangers who use up a network by asking keep nobody in it
 * from ending what is theirs.
 */
export type Errand = 'ask' | 'end';

const BUCKETS = { ask: 'anonymous-minute', end: 'anonymous-end-minute' } as const;

/**
 * Counts whoever has proven nothing: who asks for what needs no credential, and who shows one that has proven nothing yet, before
 * it is looked up: else anybody has the database read without end. One that is good gives its count back, so that a crowd that
 * comes back through one network is let in (ADR 0042).
 */
@Injectable()
export class Strangers {
  constructor(
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  /** Counts whoever shows nothing. @throws DomainError rate-limited */
  async count(network: string, errand: Errand): Promise<void> {
    await this.#take(this.#rulesOf(network, errand));
  }

  /** The same at once for whoever asks, or false and nothing was counted. */
  countNow(network: string): boolean {
    return this.limiter.takeNow(this.#rulesOf(network, 'ask'));
  }

  /**
   * Looks a credential up. Stays counted if there is none: null. A look that fails says nothing about who asked.
   *
   * @throws DomainError rate-limited, and nothing was looked up
   */
  async look<T>(network: string, errand: Errand, lookUp: () => Soon<T | null>): Promise<T | null> {
    const rules = this.#rulesOf(network, errand);
    await this.#take(rules);
    return this.#counted(rules, lookUp);
  }

  /** The same at once. Undefined, and nobody was counted, where nothing may be looked up now: that is for `look` to tell. */
  lookNow<T>(network: string, lookUp: () => Soon<T | null>): Soon<T | null | undefined> {
    const rules = this.#rulesOf(network, 'ask');
    return this.limiter.takeNow(rules) ? this.#counted(rules, lookUp) : undefined;
  }

  /** Looks up, and gives the count back unless there is nothing. */
  #counted<T>(rules: readonly Rule[], lookUp: () => Soon<T | null>): Soon<T | null> {
    let isNobodys = false;
    return lastly(
      () =>
        soon(lookUp(), (found) => {
          isNobodys = found === null;
          return found;
        }),
      () => {
        if (!isNobodys) this.limiter.giveBackNow(rules);
      },
    );
  }

  /** At once where that is known, together with those that are counted ahead of the framework. */
  async #take(rules: readonly Rule[]): Promise<void> {
    if (!this.limiter.takeNow(rules)) await this.limiter.take(rules);
  }

  #rulesOf(network: string, errand: Errand): Rule[] {
    const limit = this.config.anonymousMinute;
    return perNetwork({ bucket: BUCKETS[errand], key: network, limit, windowMs: MINUTE });
  }
}
