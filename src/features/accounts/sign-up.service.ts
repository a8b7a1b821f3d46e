import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Limiter, type Rule } from '../../platform/limits/limiter.js';
import { perNetwork } from '../../platform/limits/per-network.js';
import { Clock, DAY, HOUR } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { emailAddress, userName } from './account-fields.js';
import { isUserNameTaken, signUpClosed, userNameTaken } from './account.errors.js';
import { comparable, type Account, type AccountWithVerifiers } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { Beat } from './beat.js';
import { PasswordsService } from './passwords.service.js';
import { VerificationService } from './verification.service.js';

/** What a person gives to open an account. */
export interface SignUp {
  readonly userName: string;
  readonly email: string;
  readonly password: string;
  /** Where the request came from (`networkOf`), for limits. */
  readonly network: string;
}

type Verifiers = Pick<AccountWithVerifiers, 'passwordHash' | 'legacyHash'>;

/** How an account begins. */
@Injectable()
export class SignUpService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly passwords: PasswordsService,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
    private readonly limiter: Limiter,
    private readonly verification: VerificationService,
    private readonly beat: Beat,
  ) {}

  /**
   * Opens an account that waits for the confirmation of its address, and mails the link for that.
   *
   * An address that is in use looks the same from outside, and takes the same time; its owner is told by mail (S-31). A second sign-up for an
   * unconfirmed address replaces the first (S-38).
   *
   * @throws DomainError invalid (a field), conflict `user-name-taken`, forbidden `sign-up-closed`
   */
  async signUp(given: SignUp): Promise<void> {
    if (this.config.signUp !== 'open') throw signUpClosed();
    await this.beat.keptBy(() => this.#open(given, { state: 'unverified', role: 'person' }));
  }

  /**
   * Opens an account for somebody who followed a link in a mail to exactly this address: it needs no second proof.
   *
   * `claim` runs in the same unit of work, to use the invitation up.
   */
  async signUpInvited(given: SignUp, claim: () => Promise<void>): Promise<void> {
    if (this.config.signUp === 'closed') throw signUpClosed();
    await this.#open(given, { state: 'active', role: 'person' }, claim);
  }

  /** Opens the operator's account, in any mode of sign-up; `claim` uses the set-up token up. */
  async signUpOperator(given: SignUp, claim: () => Promise<void>): Promise<void> {
    await this.#open(given, { state: 'active', role: 'operator' }, claim);
  }

  async #open(
    given: SignUp,
    as: Pick<Account, 'state' | 'role'>,
    claim?: () => Promise<void>,
  ): Promise<void> {
    const fields = {
      userName: userName(given.userName),
      email: emailAddress(given.email),
      ...as,
      createdAt: this.clock.now(),
    };
    const password = this.passwords.checkedNew(given.password, 'password', fields);
    await this.limiter.take(this.#signUpRules(given.network));
    const verifiers = await this.passwords.verifiersOf(password);
    try {
      await this.unitOfWork.run(async () => {
        await claim?.();
        await this.#admit(fields, verifiers);
      });
    } catch (error) {
      if (isUserNameTaken(error)) await this.#countUserNameProbe(given.network);
      throw error;
    }
  }

  async #admit(fields: Omit<Account, 'id'>, verifiers: Verifiers): Promise<void> {
    // Sign-ups that replace each other take turns; else most of a crowd would fail in the database.
    await this.unitOfWork.exclusive(`sign-up of ${comparable(fields.email)}`);
    const sameAddress = await this.accounts.findByEmail(fields.email);
    const replaced = sameAddress?.state === 'unverified' ? sameAddress : null;
    await this.#refuseTakenName(fields.userName, replaced);
    if (sameAddress && !replaced) return this.#tellOwner(sameAddress);
    if (await this.accounts.isHeld(fields.email, fields.createdAt)) return this.outbox.postNothing();
    if (replaced) await this.accounts.remove(replaced.id);
    await this.#add(fields, verifiers);
  }

  async #refuseTakenName(userName: string, replaced: Account | null): Promise<void> {
    const sameName = await this.accounts.findLookalike(userName);
    if (sameName && sameName.id !== replaced?.id) throw userNameTaken();
  }

  async #add(fields: Omit<Account, 'id'>, verifiers: Verifiers): Promise<void> {
    const settings = { failedSignIns: 0, findableByName: true, findableByEmail: true };
    const account = { id: await this.#freshId(), ...fields, ...verifiers, ...settings };
    await this.accounts.add(account);
    await this.audit.record({ kind: 'account-opened', outcome: 'ok', accountId: account.id });
    if (account.state === 'unverified') await this.verification.ask(account);
  }

  async #tellOwner(owner: Account): Promise<void> {
    const since = this.clock.now() - DAY;
    if ((await this.outbox.countSince('sign-up-attempt', comparable(owner.email), since)) > 0) return;
    await this.outbox.post({ kind: 'sign-up-attempt', userName: owner.userName }, owner.email);
  }

  #signUpRules(network: string): Rule[] {
    const { signUpsNetworkHour, signUpsNetworkDay } = this.config;
    return [
      ...perNetwork({ bucket: 'sign-up-hour', key: network, limit: signUpsNetworkHour, windowMs: HOUR }),
      ...perNetwork({ bucket: 'sign-up-day', key: network, limit: signUpsNetworkDay, windowMs: DAY }),
    ];
  }

  /** Being told that names are taken is limited, or the whole list could be read off (S-31). */
  async #countUserNameProbe(network: string): Promise<void> {
    const limit = this.config.userNameProbesHour;
    await this.limiter.take(
      perNetwork({ bucket: 'user-name-probe-hour', key: network, limit, windowMs: HOUR }),
    );
  }

  async #freshId(): Promise<AccountId> {
    for (;;) {
      // Positive and at most 2^53-1: old clients compare ids as numbers (product rule 7).
      const id = String(1 + this.random.below(Number.MAX_SAFE_INTEGER)) as AccountId;
      if (await this.accounts.claimId(id)) return id;
    }
  }
}
