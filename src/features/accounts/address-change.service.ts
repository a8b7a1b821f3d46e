import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Limiter } from '../../platform/limits/limiter.js';
import { Clock, DAY, HOUR } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { emailAddress } from './account-fields.js';
import { tokenSpent } from './account.errors.js';
import type { AccountWithVerifiers, TokenPurpose } from './account.js';
import { AccountsRepository, type LiveToken } from './accounts.repository.js';
import { CredentialChanges } from './credential-changes.js';
import { RecoveryService } from './recovery.service.js';

/** Moving an account to another e-mail address, with a way back for the owner of the old one (S-39). */
@Injectable()
export class AddressChangeService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly recovery: RecoveryService,
    private readonly changes: CredentialChanges,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly limiter: Limiter,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /**
   * Asks for another address; the caller has re-authenticated (S-09). Pending until the new address confirms. The old
   * one is told at once. An address that somebody has looks the same from outside, and gets no mail.
   *
   * @throws DomainError invalid, rate-limited
   */
  async ask(accountId: AccountId, newAddress: string): Promise<void> {
    const email = emailAddress(newAddress);
    const { accountMailsHour: limit, accountMailsDay } = this.config;
    await this.limiter.take([
      { bucket: 'address-change-hour', key: accountId, limit, windowMs: HOUR },
      { bucket: 'address-change-day', key: accountId, limit: accountMailsDay, windowMs: DAY },
    ]);
    await this.unitOfWork.run(async () => {
      const account = await this.accounts.find(accountId);
      if (!account) throw tokenSpent();
      await this.accounts.removeTokens(accountId, ['new-address']);
      await this.#tellOldAddress(account);
      if (await this.#isFree(email, accountId)) await this.#askNewAddress(account, email);
      await this.audit.record({ kind: 'address-change-asked', outcome: 'ok', accountId });
    });
  }

  /** The new address of a live link, for the page to show. @throws DomainError gone `link-spent` */
  async newAddressOf(token: string): Promise<string> {
    return emailOf(await this.accounts.findToken('new-address', digestOf(token), this.clock.now()));
  }

  /** The address that a live link would restore, for the page to show. @throws DomainError gone `link-spent` */
  async oldAddressOf(token: string): Promise<string> {
    return emailOf(await this.accounts.findToken('revert-address', digestOf(token), this.clock.now()));
  }

  /** The owner of the new address confirms. Sign-ins end, reset links to either address die. @throws DomainError gone */
  async confirm(token: string): Promise<void> {
    await this.unitOfWork.run(async () => {
      const { account, email } = await this.#use('new-address', token);
      if (!(await this.#isFree(email, account.id))) throw tokenSpent();
      await this.accounts.hold(account.email, account.id, this.clock.now() + this.config.addressRevertTtl);
      await this.#move(account, email);
      await this.audit.record({ kind: 'address-changed', outcome: 'ok', accountId: account.id });
    });
  }

  /**
   * The owner of the old address takes it back: sign-ins end, and a new password must be set. Ways back that were mailed
   * later end too: they went to addresses that came after this one, to a thief perhaps. Earlier ones stay, or a thief
   * could end the owner's by pressing his own.
   *
   * @throws DomainError gone
   */
  async revert(token: string): Promise<void> {
    await this.unitOfWork.run(async () => {
      const { account, email, expiresAt } = await this.#use('revert-address', token);
      await this.accounts.removeTokensAfter(account.id, 'revert-address', expiresAt);
      await this.#move(account, email);
      await this.accounts.makePasswordUnusable(account.id);
      await this.recovery.forceReset(account.id);
      await this.audit.record({ kind: 'address-reverted', outcome: 'ok', accountId: account.id });
    });
  }

  async #move(account: AccountWithVerifiers, email: string): Promise<void> {
    await this.accounts.setEmail(account.id, email);
    await this.accounts.removeTokens(account.id, ['reset', 'new-address', 'unlock']);
    await this.changes.announce(account.id);
  }

  async #use(
    purpose: TokenPurpose,
    token: string,
  ): Promise<{ account: AccountWithVerifiers; email: string; expiresAt: number }> {
    const used = await this.accounts.useToken(purpose, digestOf(token), this.clock.now());
    const account = used && (await this.accounts.find(used.accountId));
    if (!account) throw tokenSpent();
    return { account, email: emailOf(used), expiresAt: used.expiresAt };
  }

  async #isFree(email: string, accountId: AccountId): Promise<boolean> {
    const holder = await this.accounts.findByEmail(email);
    if (holder && holder.id !== accountId) return false;
    return !(await this.accounts.isHeld(email, this.clock.now(), accountId));
  }

  async #tellOldAddress(account: AccountWithVerifiers): Promise<void> {
    const expiresAt = this.clock.now() + this.config.addressRevertTtl;
    const token = await this.#token('revert-address', account, account.email, expiresAt);
    await this.outbox.post(
      { kind: 'address-changing', userName: account.userName, token },
      account.email,
      expiresAt,
    );
  }

  async #askNewAddress(account: AccountWithVerifiers, email: string): Promise<void> {
    const expiresAt = this.clock.now() + this.config.verificationTtl;
    const token = await this.#token('new-address', account, email, expiresAt);
    await this.outbox.post(
      { kind: 'confirm-new-address', userName: account.userName, token },
      email,
      expiresAt,
    );
  }

  async #token(
    purpose: TokenPurpose,
    { id }: AccountWithVerifiers,
    email: string,
    expiresAt: number,
  ): Promise<string> {
    const token = this.random.hex(32);
    await this.accounts.addToken({ purpose, accountId: id, digest: digestOf(token), email, expiresAt });
    return token;
  }
}

function emailOf(token: LiveToken | null): string {
  if (!token?.email) throw tokenSpent();
  return token.email;
}
