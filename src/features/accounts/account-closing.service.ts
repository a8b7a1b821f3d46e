import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { AccountsRepository } from './accounts.repository.js';
import { wrongCredentials } from './account.errors.js';
import type { SignInOrigin } from './sign-in-origin.js';
import { SignInService } from './sign-in.service.js';

/** The end of an account (S-142). */
@Injectable()
export class AccountClosingService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly signIns: SignInService,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Erases the account at once, with its sign-ins, links and tokens; the id is never given out again. Media servers
   * remove its guest users when they next look.
   *
   * @throws DomainError unauthenticated (the password), rate-limited
   */
  async close(accountId: AccountId, password: string, origin: SignInOrigin): Promise<void> {
    await this.signIns.prove(accountId, password, origin);
    await this.unitOfWork.run(async () => {
      const account = await this.accounts.find(accountId);
      if (!account) throw wrongCredentials();
      await this.outbox.post({ kind: 'account-deleted', userName: account.userName }, account.email);
      await this.audit.record({ kind: 'account-deleted', outcome: 'ok', accountId });
      await this.accounts.remove(accountId);
    });
  }
}
