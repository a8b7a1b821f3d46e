import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { MailOutbox } from '../mail/index.js';
import { tokenSpent, wrongCredentials } from './account.errors.js';
import { withoutVerifiers, type Account } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { AccountsService } from './accounts.service.js';

/** Proof that an e-mail address belongs to the person who signed up with it. */
@Injectable()
export class VerificationService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly passwords: AccountsService,
    private readonly outbox: MailOutbox,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /** Mails a confirmation link; only inside a unit of work. */
  async ask(account: Account): Promise<void> {
    const token = this.random.hex(32);
    const expiresAt = this.clock.now() + this.config.verificationTtl;
    await this.accounts.addVerifyToken(account.id, digestOf(token), expiresAt);
    await this.outbox.post(
      { kind: 'confirm-address', userName: account.userName, token },
      account.email,
      expiresAt,
    );
  }

  /** The account that a live confirmation link belongs to, for the page to show. */
  async findByToken(token: string): Promise<Account | null> {
    const account = await this.accounts.findByVerifyToken(digestOf(token), this.clock.now());
    return account?.state === 'unverified' ? withoutVerifiers(account) : null;
  }

  /**
   * Confirms the address, once, with the password of that sign-up: whoever signed up with somebody else's address
   * must not get it confirmed by the owner's click (S-38).
   *
   * @throws DomainError gone `link-spent` (one answer for all reasons, S-34), unauthenticated for a wrong password
   */
  async confirm(token: string, password: string): Promise<Account> {
    const account = await this.findByToken(token);
    if (!account) throw tokenSpent();
    if (!(await this.passwords.hasPassword(account, password))) throw wrongCredentials();
    await this.unitOfWork.run(async () => {
      const now = this.clock.now();
      const used = await this.accounts.useVerifyToken(digestOf(token), now);
      if (!used || !(await this.accounts.verify(account.id, now))) throw tokenSpent();
    });
    return { ...account, state: 'active' };
  }
}
