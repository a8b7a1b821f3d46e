import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Limiter, type Rule } from '../../platform/limits/limiter.js';
import { Clock, DAY, HOUR, MINUTE, SECOND } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import { Random } from '../../shared/random.js';
import { MailOutbox } from '../mail/index.js';
import { comparable, type AccountWithVerifiers } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { tokenSpent } from './account.errors.js';
import { KnownNetworksRepository } from './known-networks.repository.js';

/** A try that was counted. */
export interface Attempt {
  readonly network: string;
  readonly isKnown: boolean;
  /** Counted before the check; this one try is given back when the password was right (S-20). */
  readonly rules: readonly Rule[];
}

const KNOWN_FOR = 30 * DAY;
const UNLOCK_TTL = DAY;

/**
 * Limits on guessing passwords that never lock the owner out (S-20 to S-24).
 *
 * Whoever signed in from a network before keeps a budget of their own there; guessing from elsewhere is slowed per
 * account and network, per network, and at last stopped per account for all unknown networks.
 */
@Injectable()
export class SignInLimits {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly networks: KnownNetworksRepository,
    private readonly outbox: MailOutbox,
    private readonly limiter: Limiter,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /** Counts a try before the password is looked at. @throws DomainError rate-limited */
  async begin(account: AccountWithVerifiers | null, identifier: string, network: string): Promise<Attempt> {
    // User name and e-mail of one account share the count; what belongs to nobody is counted alike (S-23, S-24).
    const subject = account?.id ?? `unknown ${comparable(identifier).slice(0, 254)}`;
    const since = this.clock.now() - KNOWN_FOR;
    const isKnown = account !== null && (await this.networks.isKnown(account.id, network, since));
    if (isKnown) {
      const rules = [this.#knownRule(subject, network)];
      await this.limiter.take(rules);
      return { network, isKnown, rules };
    }
    this.#refuseExhausted(account);
    const rules = [
      this.#pairRule(subject, network),
      this.#accountRule(subject),
      ...this.#networkRules(network),
    ];
    await this.limiter.take(rules);
    return { network, isKnown, rules };
  }

  /**
   * The password was right: this network is known from now on. Only this one try is given back: wrong ones before it
   * still count, so an attacker's own account does not reset a network (S-21). In a unit of work.
   */
  async succeeded(account: AccountWithVerifiers, attempt: Attempt): Promise<void> {
    await this.limiter.refund(attempt.rules);
    await this.networks.remember(account.id, attempt.network, this.clock.now());
    if (account.failedSignIns > 0) await this.accounts.clearFailedSignIns(account.id);
  }

  /** The password was wrong. In a unit of work. */
  async failed(account: AccountWithVerifiers | null, attempt: Attempt): Promise<void> {
    if (!account || attempt.isKnown || this.config.limits === 'off') return;
    await this.accounts.countFailedSignIn(account.id);
    const now = await this.accounts.find(account.id);
    if (now?.failedSignIns === this.config.signInFailuresAccount) await this.#mailUnlockLink(now);
  }

  /** Opens sign-in from unknown networks again, by the link in the mail; once. @throws DomainError gone */
  async unlock(token: string): Promise<void> {
    await this.unitOfWork.run(async () => {
      const used = await this.accounts.useToken('unlock', digestOf(token), this.clock.now());
      if (!used) throw tokenSpent();
      await this.accounts.clearFailedSignIns(used.accountId);
    });
  }

  async forgetOldNetworks(): Promise<void> {
    await this.unitOfWork.run(() => this.networks.removeBefore(this.clock.now() - KNOWN_FOR));
  }

  /** Durable, so that a restart does not give a patient guesser the next hundred (S-22). */
  #refuseExhausted(account: AccountWithVerifiers | null): void {
    if (this.config.limits === 'off' || !account) return;
    if (account.failedSignIns < this.config.signInFailuresAccount) return;
    throw new DomainError('rate-limited', 'too-many', 'Too many requests. Try again later.', {
      retryAfterSeconds: 720 + this.random.below(360),
    });
  }

  async #mailUnlockLink(account: AccountWithVerifiers): Promise<void> {
    const token = this.random.hex(32);
    const expiresAt = this.clock.now() + UNLOCK_TTL;
    await this.accounts.addToken({
      purpose: 'unlock',
      accountId: account.id,
      digest: digestOf(token),
      email: null,
      expiresAt,
    });
    await this.outbox.post(
      { kind: 'unlock-sign-in', userName: account.userName, token },
      account.email,
      expiresAt,
    );
  }

  #knownRule(subject: string, network: string): Rule {
    const limit = this.config.signInKnownHour;
    return { bucket: 'sign-in-known-hour', key: `${subject} ${network}`, limit, windowMs: HOUR };
  }

  #pairRule(subject: string, network: string): Rule {
    const backoff = { firstMs: 30 * SECOND, mostMs: 15 * MINUTE };
    const limit = this.config.signInPair;
    return { bucket: 'sign-in-pair', key: `${subject} ${network}`, limit, windowMs: 15 * MINUTE, backoff };
  }

  /** For names that nobody has, what the durable count is for accounts: answers must not differ (S-23). */
  #accountRule(subject: string): Rule {
    return {
      bucket: 'sign-in-account',
      key: subject,
      limit: this.config.signInFailuresAccount,
      windowMs: 30 * DAY,
    };
  }

  #networkRules(network: string): Rule[] {
    const { signInNetwork, signInNetworkDay } = this.config;
    return [
      { bucket: 'sign-in-network', key: network, limit: signInNetwork, windowMs: 15 * MINUTE },
      { bucket: 'sign-in-network-day', key: network, limit: signInNetworkDay, windowMs: DAY },
    ];
  }
}
