import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { tooMany } from '../../platform/limits/limit-refusal.js';
import { Limiter, type Counted, type Rule } from '../../platform/limits/limiter.js';
import { perNetwork } from '../../platform/limits/per-network.js';
import { Clock, DAY, HOUR, MINUTE } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import type { AccountId } from '../../shared/ids.js';
import { around, Random } from '../../shared/random.js';
import { AuditTrail } from '../audit/index.js';

/** Whoever types a PIN. */
export interface PinTyper {
  readonly accountId: AccountId;
  readonly network: string;
  /** The password was given a moment ago (S-09). */
  readonly isFresh: boolean;
}

/** A guess that was counted. */
export interface PinGuess {
  readonly counted: readonly Counted[];
}

/**
 * Limits on guessing PINs (S-43): per account, per network, and over the whole broker.
 *
 * The last one must not be a stop, or a crowd of guessers would keep everybody's TV out: it puts the broker on guard,
 * and while it is, only whoever has just given the password may type a PIN.
 */
@Injectable()
export class PinGuesses {
  constructor(
    private readonly limiter: Limiter,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /** Whether only somebody who has just given the password may type a PIN. */
  async isOnGuard(): Promise<boolean> {
    return (await this.limiter.wait(this.#guard)) > 0;
  }

  /**
   * Counts a guess before it is looked at (S-20).
   *
   * @throws DomainError rate-limited: `too-many` for this account or network, `pin-password-first` while on guard
   */
  async begin({ accountId, network, isFresh }: PinTyper): Promise<PinGuess> {
    if (!isFresh) await this.#requireNoGuard();
    await this.#requireRoom(accountId);
    const own = await this.limiter.take(this.#ownRules(accountId, network));
    const inAll = await this.#counts(this.#inAll);
    if (inAll) return { counted: [own, inAll] };
    // One too many in all: looked at like the others, and the last one that is.
    if (await this.#counts(this.#guard)) await this.audit.record({ kind: 'pin-guard-raised', outcome: 'ok' });
    return { counted: [own] };
  }

  /** The PIN was right: the guess does not count. */
  async right({ counted }: PinGuess): Promise<void> {
    for (const one of counted) await this.limiter.refund(one);
  }

  /**
   * What was wrong stands in the database, where it outlives this process and Redis: neither a restart nor an empty Redis
   * gives anybody more guesses, and with Redis away all nodes count together (security.md, 3.4). The limiter is for those that
   * come at once.
   */
  async #requireRoom(accountId: AccountId): Promise<void> {
    if (this.config.limits === 'off') return;
    const now = this.clock.now();
    const rules = this.#accountRules(accountId);
    const longest = Math.max(...rules.map(({ windowMs }) => windowMs));
    const most = Math.max(...rules.map(({ limit }) => limit));
    const wrong = await this.audit.refusals(accountId, 'pin-confirmed', now - longest, most);
    const waits = rules.map(({ limit, windowMs }) => (wrong[limit - 1] ?? -Infinity) + windowMs - now);
    if (Math.max(...waits) > 0) throw tooMany(Math.max(...waits), this.random);
  }

  async #requireNoGuard(): Promise<void> {
    const wait = await this.limiter.wait(this.#guard);
    if (wait === 0) return;
    throw new DomainError(
      'rate-limited',
      'pin-password-first',
      'Too many wrong PINs are being typed on this broker. Confirm this one on its PIN page.',
      { retryAfterSeconds: around(this.random, wait / 1_000) },
    );
  }

  /** Counts one act; null, and nothing counted, when the rule is spent. */
  async #counts(rule: Rule): Promise<Counted | null> {
    try {
      return await this.limiter.take([rule]);
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'rate-limited') return null;
      throw error;
    }
  }

  #ownRules(accountId: AccountId, network: string): Rule[] {
    return [
      ...this.#accountRules(accountId),
      ...perNetwork({
        bucket: 'pin-guess-network-hour',
        key: network,
        limit: this.config.pinWrongNetworkHour,
        windowMs: HOUR,
      }),
    ];
  }

  #accountRules(accountId: AccountId): Rule[] {
    const { pinWrongAccount, pinWrongAccountDay } = this.config;
    return [
      { bucket: 'pin-guess-10-minutes', key: accountId, limit: pinWrongAccount, windowMs: 10 * MINUTE },
      { bucket: 'pin-guess-day', key: accountId, limit: pinWrongAccountDay, windowMs: DAY },
    ];
  }

  get #inAll(): Rule {
    return { bucket: 'pin-guess-minute', key: 'all', limit: this.config.pinWrongMinute, windowMs: MINUTE };
  }

  /** Spent for as long as the broker is on guard. */
  get #guard(): Rule {
    return { bucket: 'pin-guard', key: 'all', limit: 1, windowMs: this.config.pinGuardTtl };
  }
}
