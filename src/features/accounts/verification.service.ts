import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { emailAddress } from './account-fields.js';
import { AccountMailLimits } from './account-mail-limits.js';
import { tokenSpent } from './account.errors.js';
import { withoutVerifiers, type Account } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { Beat } from './beat.js';
import { SignInService } from './sign-in.service.js';

/** Proof that an e-mail address belongs to the person who signed up with it. */
@Injectable()
export class VerificationService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly signIns: SignInService,
    private readonly mailLimits: AccountMailLimits,
    private readonly audit: AuditTrail,
    private readonly outbox: MailOutbox,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
    private readonly beat: Beat,
  ) {}

  /** Mails a confirmation link; only inside a unit of work. */
  async ask(account: Account): Promise<void> {
    const token = this.random.hex(32);
    const expiresAt = this.clock.now() + this.config.verificationTtl;
    await this.accounts.addToken({
      purpose: 'verify',
      accountId: account.id,
      digest: digestOf(token),
      email: null,
      expiresAt,
    });
    await this.outbox.post(
      { kind: 'confirm-address', userName: account.userName, token },
      account.email,
      expiresAt,
    );
  }

  /**
   * Mails the link once more, if a sign-up with this address still waits for it; from outside it looks the same if not,
   * and takes the same time. The newest link is the only one that works.
   *
   * @throws DomainError invalid (the address), rate-limited for the network (S-25, S-37)
   */
  resend(email: string, network: string): Promise<void> {
    return this.beat.keptBy(() => this.#resend(email, network));
  }

  async #resend(email: string, network: string): Promise<void> {
    const address = emailAddress(email);
    const account = await this.accounts.findByEmail(address);
    const mayMail = await this.mailLimits.take(account, address, network);
    await this.unitOfWork.run(async () => {
      const whose = account ? { accountId: account.id } : {};
      await this.audit.record({ kind: 'confirmation-asked', outcome: 'ok', ...whose });
      if (!mayMail || account?.state !== 'unverified') return this.outbox.postNothing();
      await this.accounts.removeTokens(account.id, ['verify']);
      await this.ask(account);
    });
  }

  /** The account that a live confirmation link belongs to, for the page to show. @throws DomainError gone `link-spent` */
  async getByToken(token: string): Promise<Account> {
    const account = await this.#findByToken(token);
    if (!account) throw tokenSpent();
    return account;
  }

  /**
   * Confirms the address, once, with the password of that sign-up: whoever signed up with somebody else's address
   * must not get it confirmed by the owner's click (S-38).
   *
   * @throws DomainError gone `link-spent` (one answer for all reasons, S-34), unauthenticated for a wrong password,
   * rate-limited
   */
  async confirm(token: string, password: string, network: string): Promise<Account> {
    const account = await this.getByToken(token);
    await this.signIns.prove(account.id, password, { network });
    await this.unitOfWork.run(async () => {
      const now = this.clock.now();
      const used = await this.accounts.useToken('verify', digestOf(token), now);
      if (!used || !(await this.accounts.verify(account.id, now))) throw tokenSpent();
      await this.audit.record({ kind: 'account-confirmed', outcome: 'ok', accountId: account.id });
    });
    return { ...account, state: 'active' };
  }

  async #findByToken(token: string): Promise<Account | null> {
    const live = await this.accounts.findToken('verify', digestOf(token), this.clock.now());
    const account = live && (await this.accounts.find(live.accountId));
    return account?.state === 'unverified' ? withoutVerifiers(account) : null;
  }
}
