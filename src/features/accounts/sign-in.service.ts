import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { counter } from '../../platform/metrics/metrics.js';
import { DomainError } from '../../shared/domain-error.js';
import { AuditTrail } from '../audit/index.js';
import { isActive, withoutVerifiers, type Account, type AccountWithVerifiers } from './account.js';
import { wrongCredentials } from './account.errors.js';
import { AccountsRepository } from './accounts.repository.js';
import { refusedOnTheBeat } from './on-the-beat.js';
import { PasswordsService, type PasswordProof } from './passwords.service.js';
import type { SignInOrigin } from './sign-in-origin.js';
import { SignInLimits } from './sign-in-limits.service.js';

const signIns = counter({
  name: 'signpost_sign_ins_total',
  help: 'Passwords given, also where somebody who is signed in gives it once more: right, wrong (or nobody has that name), throttled before it was looked at, refused because too many are being checked, or failed by an outage.',
  labels: { outcome: ['ok', 'wrong', 'throttled', 'busy', 'failed'] },
});

/** The one way to prove a password, for every edge and every act that asks for it (S-24). */
@Injectable()
export class SignInService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly passwords: PasswordsService,
    private readonly limits: SignInLimits,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * The account behind a user name or e-mail and a password.
   *
   * @throws DomainError unauthenticated: unknown, inactive and wrong alike, at the same cost (S-05); rate-limited,
   * whether or not the account exists or the password is right (S-23); unavailable when too many are being checked
   */
  signIn(identifier: string, proof: PasswordProof, origin: SignInOrigin): Promise<Account> {
    return refusedOnTheBeat(() => this.#signIn(identifier, proof, origin));
  }

  async #signIn(identifier: string, proof: PasswordProof, origin: SignInOrigin): Promise<Account> {
    this.#makeSureOfRoom();
    const account = await this.accounts.findByIdentifier(identifier);
    if (await this.#proves(account, identifier, proof, origin)) {
      if (account && isActive(account)) return withoutVerifiers(account);
    }
    throw wrongCredentials();
  }

  /** A flood of passwords that cannot be checked must not cost more than refusing them. */
  #makeSureOfRoom(): void {
    try {
      this.passwords.makeSureOfRoom();
    } catch (error) {
      signIns.count({ outcome: outcomeOf(error) });
      throw error;
    }
  }

  /**
   * Whether somebody who is signed in, or holds a link from a mail, knows the password of this account, whatever its
   * state.
   *
   * @throws DomainError unauthenticated when not; rate-limited
   */
  async prove(accountId: Account['id'], password: string, origin: SignInOrigin): Promise<void> {
    const account = await this.accounts.find(accountId);
    const proof: PasswordProof = { form: 'password', text: password };
    if (!(await this.#proves(account, accountId, proof, origin))) throw wrongCredentials();
  }

  async #proves(
    account: AccountWithVerifiers | null,
    identifier: string,
    proof: PasswordProof,
    origin: SignInOrigin,
  ): Promise<boolean> {
    try {
      const fits = await this.#judge(account, identifier, proof, origin);
      signIns.count({ outcome: fits ? 'ok' : 'wrong' });
      return fits;
    } catch (error) {
      signIns.count({ outcome: outcomeOf(error) });
      throw error;
    }
  }

  /** Counts the try, checks, and writes down what came of it. */
  async #judge(
    account: AccountWithVerifiers | null,
    identifier: string,
    proof: PasswordProof,
    origin: SignInOrigin,
  ): Promise<boolean> {
    const attempt = await this.limits.begin(account, identifier, origin);
    const fits = (await this.passwords.check(account, proof)) && account !== null;
    // One unit of work either way, also for names that nobody has: the time must not tell (S-30).
    await this.unitOfWork.run(async () => {
      if (fits) await this.limits.succeeded(account, attempt);
      else await this.limits.failed(account, attempt);
      const whose = account ? { accountId: account.id } : {};
      await this.audit.record({ kind: 'sign-in', outcome: fits ? 'ok' : 'refused', ...whose });
    }, 'reserve');
    return fits;
  }
}

function outcomeOf(error: unknown): 'throttled' | 'busy' | 'failed' {
  if (!(error instanceof DomainError)) return 'failed';
  if (error.kind === 'rate-limited') return 'throttled';
  return error.code === 'hashing-busy' ? 'busy' : 'failed';
}
