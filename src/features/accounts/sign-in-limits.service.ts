import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Limiter, type Counted, type Rule } from '../../platform/limits/limiter.js';
import { perNetwork } from '../../platform/limits/per-network.js';
import { Clock, DAY, HOUR, MINUTE, SECOND } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import type { AccountId } from '../../shared/ids.js';
import { around, Random } from '../../shared/random.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { comparable, type AccountWithVerifiers } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { tokenSpent } from './account.errors.js';
import { KnownBrowsers } from './known-browsers.service.js';
import { KnownNetworksRepository } from './known-networks.repository.js';
import type { SignInOrigin } from './sign-in-origin.js';

/** A try that was counted. */
export interface Attempt {
  readonly network: string;
  /** Made by somebody who was here before, not by a stranger. */
  readonly isKnown: boolean;
  /** Counted before the check; this one try is given back when the password was right (S-20). */
  readonly counted: readonly Counted[];
}

const KNOWN_FOR = 30 * DAY;
const UNLOCK_TTL = DAY;
/** No account has this id. */
const NOBODY = '0' as AccountId;

/**
 * Limits on guessing passwords that never lock the owner out (S-20 to S-24).
 *
 * Whoever signed in before keeps a budget of their own: by the network, by the browser, by a device or browser that is
 * signed in now. Guessing by strangers is slowed per account and network, per network, and at last stopped per account.
 */
@Injectable()
export class SignInLimits {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly networks: KnownNetworksRepository,
    private readonly browsers: KnownBrowsers,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly limiter: Limiter,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /** Counts a try before the password is looked at. @throws DomainError rate-limited */
  async begin(
    account: AccountWithVerifiers | null,
    identifier: string,
    origin: SignInOrigin,
  ): Promise<Attempt> {
    // User name and e-mail of one account share the count; what belongs to nobody is counted alike (S-23, S-24).
    const subject = account?.id ?? `unknown ${comparable(identifier).slice(0, 254)}`;
    try {
      return await this.#count(account, subject, origin);
    } catch (error) {
      if (isRateLimited(error)) await this.#writeDown(account, subject);
      throw error;
    }
  }

  async #count(
    account: AccountWithVerifiers | null,
    subject: string,
    origin: SignInOrigin,
  ): Promise<Attempt> {
    const { network } = origin;
    const known = await this.#knownBy(account?.id ?? NOBODY, origin);
    if (known !== null) {
      const rules = [this.#knownRule(subject, known)];
      return { network, isKnown: true, counted: [await this.limiter.take(rules)] };
    }
    const inAll = await this.#takeInAll(account, this.#accountRule(subject));
    const here = [this.#pairRule(subject, network), ...this.#networkRules(network)];
    try {
      return { network, isKnown: false, counted: [inAll, await this.limiter.take(here)] };
    } catch (error) {
      await this.limiter.refund(inAll);
      throw error;
    }
  }

  /** The password was right: this network is known from now on. In a unit of work. */
  async succeeded(account: AccountWithVerifiers, attempt: Attempt): Promise<void> {
    await this.networks.remember(account.id, attempt.network, this.clock.now());
    if (account.failedSignIns > 0) await this.forgive(account.id);
  }

  /**
   * The password was right, and that is on disk. Only this one try is given back: wrong ones before it still count, so an
   * attacker's own account does not reset a network (S-21).
   */
  async giveBack({ counted }: Attempt): Promise<void> {
    for (const one of counted) await this.limiter.refund(one);
  }

  /** The password was wrong. In a unit of work. */
  async failed(account: AccountWithVerifiers | null, attempt: Attempt): Promise<void> {
    if (attempt.isKnown || this.config.limits === 'off') return;
    // As many statements for a name that nobody has: the time must not tell (S-30).
    const id = account?.id ?? NOBODY;
    await this.accounts.countFailedSignIn(id);
    const now = await this.accounts.find(id);
    if (now?.failedSignIns === this.config.signInFailuresAccount) await this.#mailUnlockLink(now);
  }

  /** The user name behind a live unlock link, for the page to show. @throws DomainError gone `link-spent` */
  async userNameToUnlock(token: string): Promise<string> {
    const live = await this.accounts.findToken('unlock', digestOf(token), this.clock.now());
    const account = live && (await this.accounts.find(live.accountId));
    if (!account) throw tokenSpent();
    return account.userName;
  }

  /** Opens sign-in from unknown networks again, by the link in the mail; once. @throws DomainError gone */
  async unlock(token: string): Promise<void> {
    await this.unitOfWork.run(async () => {
      const used = await this.accounts.useToken('unlock', digestOf(token), this.clock.now());
      if (!used) throw tokenSpent();
      await this.forgive(used.accountId);
      await this.audit.record({ kind: 'sign-in-unlocked', outcome: 'ok', accountId: used.accountId });
    });
  }

  /** The owner is here: wrong tries from unknown networks so far do not count any more (S-22). In a unit of work. */
  async forgive(accountId: AccountId): Promise<void> {
    await this.accounts.clearFailedSignIns(accountId);
    await this.limiter.clear([this.#accountRule(accountId)]);
  }

  /**
   * Where somebody signed in before a reset may have been a thief's place: nowhere is known any more (S-13, S-22). The owner
   * is not kept out, because a reset forgives as well, and the next sign-in makes its place known. In a unit of work.
   */
  async forgetNetworks(accountId: AccountId): Promise<void> {
    await this.networks.removeOf(accountId);
  }

  /** From where the account was signed in to lately, newest first; for its owner. */
  networksOf(accountId: AccountId): Promise<readonly { network: string; lastSuccessAt: number }[]> {
    return this.networks.of(accountId);
  }

  async forgetOldNetworks(): Promise<void> {
    await this.unitOfWork.run(() => this.networks.removeBefore(this.clock.now() - KNOWN_FOR));
  }

  /**
   * What whoever is typing is known by, to count under; null for strangers. The steps depend on what the caller brings
   * and on what is known by it, never on whether there is such an account (S-23).
   */
  async #knownBy(id: AccountId, { network, browserSecret, signedIn }: SignInOrigin): Promise<string | null> {
    if (signedIn?.accountId === id) return `sign-in ${signedIn.id}`;
    if (browserSecret && (await this.browsers.isKnown(id, browserSecret))) {
      return `browser ${digestOf(browserSecret)}`;
    }
    const since = this.clock.now() - KNOWN_FOR;
    return (await this.networks.isKnown(id, network, since)) ? network : null;
  }

  /**
   * Counts a try against all networks that the account was never used from: in memory, so that tries that come together
   * cannot slip through, and durably, so that a restart does not give a patient guesser the next hundred (S-20, S-22).
   * Names that nobody has are counted and refused alike (S-23).
   */
  async #takeInAll(account: AccountWithVerifiers | null, rule: Rule): Promise<Counted> {
    const failures = this.config.limits === 'off' ? 0 : (account?.failedSignIns ?? 0);
    if (failures >= this.config.signInFailuresAccount) throw this.#exhausted();
    try {
      return await this.limiter.take([rule]);
    } catch (error) {
      throw isRateLimited(error) ? this.#exhausted() : error;
    }
  }

  /** Seldom: being refused must cost the broker less than being answered. */
  async #writeDown(account: AccountWithVerifiers | null, subject: string): Promise<void> {
    const once: Rule = { bucket: 'sign-in-limited-noted', key: subject, limit: 1, windowMs: 15 * MINUTE };
    if ((await this.limiter.wait(once)) > 0) return;
    await this.limiter.take([once]);
    await this.audit.record({
      kind: 'sign-in',
      outcome: 'limited',
      ...(account ? { accountId: account.id } : {}),
    });
  }

  /** Only the owner ends this, so no time would be right. */
  #exhausted(): DomainError {
    return new DomainError('rate-limited', 'too-many', 'Too many requests. Try again later.', {
      retryAfterSeconds: around(this.random, 900),
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

  #knownRule(subject: string, knownBy: string): Rule {
    const limit = this.config.signInKnownHour;
    return { bucket: 'sign-in-known-hour', key: `${subject} ${knownBy}`, limit, windowMs: HOUR };
  }

  #pairRule(subject: string, network: string): Rule {
    const backoff = { firstMs: 30 * SECOND, mostMs: 15 * MINUTE };
    const limit = this.config.signInPair;
    return { bucket: 'sign-in-pair', key: `${subject} ${network}`, limit, windowMs: 15 * MINUTE, backoff };
  }

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
      ...perNetwork({ bucket: 'sign-in-network', key: network, limit: signInNetwork, windowMs: 15 * MINUTE }),
      ...perNetwork({ bucket: 'sign-in-network-day', key: network, limit: signInNetworkDay, windowMs: DAY }),
    ];
  }
}

function isRateLimited(error: unknown): boolean {
  return error instanceof DomainError && error.kind === 'rate-limited';
}
