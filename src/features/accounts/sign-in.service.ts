import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { counter } from '../../platform/metrics/metrics.js';
import { DomainError } from '../../shared/domain-error.js';
import { AuditTrail } from '../audit/index.js';
import { isActive, withoutVerifiers, type Account, type AccountWithVerifiers } from './account.js';
import { wrongCredentials } from './account.errors.js';
import { AccountsRepository } from './accounts.repository.js';
import { Beat } from './beat.js';
import { PasswordsService, type PasswordProof } from './passwords.service.js';
import type { SignInOrigin } from './sign-in-origin.js';
import { SignInLimits } from './sign-in-limits.service.js';

const signIns = counter({
  name: 'signpost_sign_ins_total',
  help: 'Passwords given, also where somebody who is signed in gives it once more: right, wrong (or nobody has that name), throttled before it was looked at, refused because too many are being checked, or failed by an outage.',
  labels: { outcome: ['ok', 'wrong', 'throttled', 'busy', 'failed'] },
});

/** A password that was typed, and where. */
interface Typed {
  readonly identifier: string;
  readonly proof: PasswordProof;
  readonly origin: SignInOrigin;
}

/** The one way to prove a password, for every edge and every act that asks for it (S-24). */
@Injectable()
export class SignInService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly passwords: PasswordsService,
    private readonly limits: SignInLimits,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    private readonly beat: Beat,
  ) {}

  /**
   * Lets in who types the user name or e-mail and the password of an account.
   *
   * @param welcome makes whatever they are signed in by, in the unit of work in which the sign-in is written down: both are
   * kept or neither is, by one commit (P-7)
   * @throws DomainError unauthenticated: unknown, inactive and wrong alike, at the same cost (S-05); rate-limited,
   * whether or not the account exists or the password is right (S-23); unavailable when too many are being checked
   */
  signIn<T>(
    identifier: string,
    proof: PasswordProof,
    origin: SignInOrigin,
    welcome: (account: Account) => Promise<T>,
  ): Promise<T> {
    return this.beat.keptByRefusals(() => this.#signIn({ identifier, proof, origin }, welcome));
  }

  async #signIn<T>(typed: Typed, welcome: (account: Account) => Promise<T>): Promise<T> {
    const right = await this.#counted(async () => {
      // A flood of passwords that cannot be checked must not cost more than refusing them.
      this.passwords.makeSureOfRoom();
      const account = await this.accounts.findByIdentifier(typed.identifier);
      return this.#judge(account, typed, async (proven) =>
        isActive(proven) ? { welcomed: await welcome(withoutVerifiers(proven)) } : null,
      );
    });
    if (!right?.outcome) throw wrongCredentials();
    return right.outcome.welcomed;
  }

  /**
   * Whether somebody who is signed in, or holds a link from a mail, knows the password of this account, whatever its
   * state.
   *
   * @throws DomainError unauthenticated when not; rate-limited
   */
  async prove(accountId: Account['id'], password: string, origin: SignInOrigin): Promise<void> {
    const typed: Typed = { identifier: accountId, proof: { form: 'password', text: password }, origin };
    const right = await this.#counted(async () =>
      this.#judge(await this.accounts.find(accountId), typed, () => Promise.resolve()),
    );
    if (!right) throw wrongCredentials();
  }

  /** Counts what came of a password, also where it was not even looked at. @param judge null: it was wrong */
  async #counted<T>(judge: () => Promise<T | null>): Promise<T | null> {
    try {
      const right = await judge();
      signIns.count({ outcome: right ? 'ok' : 'wrong' });
      return right;
    } catch (error) {
      signIns.count({ outcome: outcomeOf(error) });
      throw error;
    }
  }

  /**
   * Counts the try, checks, and writes down what came of it.
   *
   * @returns what came of `whenRight`; null: the password is wrong, or nobody has that name
   */
  async #judge<T>(
    account: AccountWithVerifiers | null,
    { identifier, proof, origin }: Typed,
    whenRight: (account: AccountWithVerifiers) => Promise<T>,
  ): Promise<{ readonly outcome: T } | null> {
    const attempt = await this.limits.begin(account, identifier, origin);
    const proven = (await this.passwords.check(account, proof)) ? account : null;
    // One unit of work either way, also for names that nobody has: the time must not tell (S-30).
    const right = await this.unitOfWork.run(async () => {
      if (proven) await this.limits.succeeded(proven, attempt);
      else await this.limits.failed(account, attempt);
      const whose = account ? { accountId: account.id } : {};
      await this.audit.record({ kind: 'sign-in', outcome: proven ? 'ok' : 'refused', ...whose });
      return proven && { outcome: await whenRight(proven) };
    }, 'reserve');
    if (right) await this.limits.giveBack(attempt);
    return right;
  }
}

function outcomeOf(error: unknown): 'throttled' | 'busy' | 'failed' {
  if (!(error instanceof DomainError)) return 'failed';
  if (error.kind === 'rate-limited') return 'throttled';
  return error.code === 'hashing-busy' ? 'busy' : 'failed';
}
