import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { tokenSpent } from './account.errors.js';
import { AccountMailLimits } from './account-mail-limits.js';
import { isActive, type Account } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { Beat } from './beat.js';
import { CredentialChanges } from './credential-changes.js';
import { PasswordChange } from './password-change.service.js';
import { SignInLimits } from './sign-in-limits.service.js';

/** Getting back in when the password is forgotten. */
@Injectable()
export class RecoveryService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly passwordChange: PasswordChange,
    private readonly changes: CredentialChanges,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly mailLimits: AccountMailLimits,
    private readonly signInLimits: SignInLimits,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
    private readonly beat: Beat,
  ) {}

  /**
   * Mails a link to set a new password, if there is such an account; from outside it looks the same if there is none,
   * and takes the same time (S-32); also when the account has had its mails for this hour. A newer link kills older
   * ones (S-36).
   *
   * @throws DomainError rate-limited for the network (S-25)
   */
  forgot(identifier: string, network: string): Promise<void> {
    return this.beat.keptBy(() => this.#forgot(identifier, network));
  }

  async #forgot(identifier: string, network: string): Promise<void> {
    const account = await this.accounts.findByIdentifier(identifier);
    const mayMail = await this.mailLimits.take(account, identifier, network);
    await this.unitOfWork.run(async () => {
      if (mayMail && account && isActive(account)) await this.#mailLink(account);
      else await this.outbox.postNothing();
      const whose = account ? { accountId: account.id } : {};
      await this.audit.record({ kind: 'password-reset-asked', outcome: 'ok', ...whose });
    });
  }

  /** The user name behind a live link, for the page to show. @throws DomainError gone `link-spent` */
  async userNameOf(token: string): Promise<string> {
    const live = await this.accounts.findToken('reset', digestOf(token), this.clock.now());
    const account = live && (await this.accounts.find(live.accountId));
    if (!account || !isActive(account)) throw tokenSpent();
    return account.userName;
  }

  /**
   * Sets a new password by the link in the mail, once. Every sign-in ends; the owner is told (S-13, S-36).
   *
   * @throws DomainError gone `link-spent`, invalid (the password)
   */
  async reset(token: string, newPassword: string): Promise<void> {
    const live = await this.accounts.findToken('reset', digestOf(token), this.clock.now());
    const account = live && (await this.accounts.find(live.accountId));
    if (!account || !isActive(account)) throw tokenSpent();
    const verifiers = await this.passwordChange.verifiersFor(account, newPassword);
    await this.unitOfWork.run(async () => {
      const used = await this.accounts.useToken('reset', digestOf(token), this.clock.now());
      if (!used) throw tokenSpent();
      await this.passwordChange.store(account, verifiers);
      await this.signInLimits.forgive(account.id);
      await this.signInLimits.forgetNetworks(account.id);
      await this.changes.announce(account.id);
    });
  }

  /** Mails a reset link outside the limits of `forgot`; inside a unit of work. */
  async #mailLink(account: Account): Promise<void> {
    const token = this.random.hex(32);
    const expiresAt = this.clock.now() + this.config.resetTtl;
    await this.accounts.removeTokens(account.id, ['reset']);
    const digest = digestOf(token);
    await this.accounts.addToken({ purpose: 'reset', accountId: account.id, digest, email: null, expiresAt });
    await this.outbox.post(
      { kind: 'reset-password', userName: account.userName, token },
      account.email,
      expiresAt,
    );
  }

  /** A reset link for the page after an address was restored: whoever has the mailbox sets the password (S-39). */
  async forceReset(accountId: AccountId): Promise<void> {
    const account = await this.accounts.find(accountId);
    if (account) await this.#mailLink(account);
  }
}
