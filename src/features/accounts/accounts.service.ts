import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { AuditTrail } from '../audit/index.js';
import { withoutVerifiers, type Account, type Findable } from './account.js';
import { accountGone } from './account.errors.js';
import { AccountsRepository } from './accounts.repository.js';

/** Who a person is: finding accounts. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** Those of these that may be used now. */
  async activeAmong(ids: readonly AccountId[]): Promise<ReadonlySet<AccountId>> {
    return new Set(await this.accounts.activeAmong(ids));
  }

  async find(id: AccountId): Promise<Account | null> {
    const account = await this.accounts.find(id);
    return account && withoutVerifiers(account);
  }

  /** By user name, or by e-mail address when there is an `@`; exact but for letter case. */
  async findByIdentifier(identifier: string): Promise<Account | null> {
    const account = await this.accounts.findByIdentifier(identifier);
    return account && withoutVerifiers(account);
  }

  /** The same, for servers: people decide by what they can be found (S-33). */
  async findForServer(identifier: string): Promise<Account | null> {
    const account = await this.accounts.findByIdentifier(identifier);
    const isFindable = identifier.includes('@') ? account?.findableByEmail : account?.findableByName;
    return account && isFindable === true ? withoutVerifiers(account) : null;
  }

  /** @throws DomainError not-found */
  async getFindable(id: AccountId): Promise<Findable> {
    const account = await this.accounts.find(id);
    if (!account) throw accountGone();
    return { findableByName: account.findableByName, findableByEmail: account.findableByEmail };
  }

  /** By what servers can find the account from now on (S-33). */
  async setFindable(id: AccountId, findable: Findable): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.accounts.setFindable(id, findable);
      await this.audit.record({ kind: 'findability-changed', outcome: 'ok', accountId: id });
    });
  }

  /** Deletes accounts whose address was never confirmed (S-37), spent tokens, and holds on addresses that ended. */
  async forgetUnverified(): Promise<void> {
    const now = this.clock.now();
    await this.unitOfWork.run(async () => {
      await this.accounts.removeUnverifiedBefore(now - this.config.unverifiedTtl);
      await this.accounts.removeTokensExpiredBefore(now);
      await this.accounts.releaseAddressesBefore(now);
    });
  }
}
