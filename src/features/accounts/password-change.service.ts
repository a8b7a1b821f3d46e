import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import type { Account } from './account.js';
import { wrongCredentials } from './account.errors.js';
import { AccountsRepository } from './accounts.repository.js';
import { CredentialChanges } from './credential-changes.js';
import { PasswordsService, type Verifiers } from './passwords.service.js';
import type { SignInOrigin } from './sign-in-origin.js';
import { SignInService } from './sign-in.service.js';

/** Setting another password for an account that exists. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly signIns: SignInService,
    private readonly passwords: PasswordsService,
    private readonly changes: CredentialChanges,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * The signed-in person changes the password. Every other sign-in than the one of `origin` ends (S-13); the owner is told by mail.
   *
   * @throws DomainError unauthenticated (the current one), rate-limited, invalid (the new one)
   */
  async change(accountId: AccountId, current: string, wanted: string, origin: SignInOrigin): Promise<void> {
    const account = await this.accounts.find(accountId);
    if (!account) throw wrongCredentials();
    await this.signIns.prove(accountId, current, origin);
    const verifiers = await this.verifiersFor(account, wanted);
    await this.unitOfWork.run(async () => {
      await this.store(account, verifiers);
      await this.changes.announce(accountId, origin.signedIn?.id);
    });
  }

  /** Checks a new password and makes its verifiers; outside a unit of work. @throws DomainError invalid */
  async verifiersFor(account: Account, wanted: string): Promise<Verifiers> {
    return this.passwords.verifiersOf(this.passwords.checkedNew(wanted, 'newPassword', account));
  }

  /** Inside a unit of work. Links that could set a password die with the old one. */
  async store(account: Account, verifiers: Verifiers): Promise<void> {
    await this.accounts.setPassword(account.id, verifiers);
    await this.accounts.removeTokens(account.id, ['reset', 'unlock']);
    await this.audit.record({ kind: 'password-changed', outcome: 'ok', accountId: account.id });
    await this.outbox.post({ kind: 'password-changed', userName: account.userName }, account.email);
  }
}
