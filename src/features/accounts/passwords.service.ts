import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { PasswordHasher } from '../../platform/crypto/password-hasher.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountWithVerifiers } from './account.js';
import { unfitPassword } from './account.errors.js';
import { AccountsRepository } from './accounts.repository.js';
import { PasswordPolicy } from './password-policy.js';
import { isHashable, legacyDigest, newPassword, normalized } from './password.js';

/** What a caller offers as proof: the password itself, or the MD5 form of old clients (E7, S-06). */
export type PasswordProof =
  | { readonly form: 'password'; readonly text: string }
  | { readonly form: 'legacy-md5'; readonly text: string };

export type Verifiers = Pick<AccountWithVerifiers, 'passwordHash' | 'legacyHash'>;

/** Checking and making password verifiers. Stays in this room: `SignInService` is the door, with its limits. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: Config,
  ) {}

  /**
   * A new password for this person: long enough, not too long (S-01), not common, not made of their names (S-02).
   *
   * @throws DomainError invalid
   */
  checkedNew(
    text: string,
    field: string,
    about: { readonly userName: string; readonly email: string },
  ): string {
    const password = newPassword(text, this.config.passwordMinLength, field);
    const problem = this.policy.problemWith(password, about);
    if (problem) throw unfitPassword(field, problem.fault, problem.text);
    return password;
  }

  /** Makes the verifiers of a new password; slow on purpose, so never inside a unit of work. */
  async verifiersOf(password: string): Promise<Verifiers> {
    const passwordHash = await this.hasher.hash(password);
    const legacyHash = this.config.legacyMd5Login ? await this.hasher.hash(legacyDigest(password)) : null;
    return { passwordHash, legacyHash };
  }

  /** @throws DomainError unavailable while no further password can be checked */
  makeSureOfRoom(): void {
    this.hasher.makeSureOfRoom();
  }

  /** Whether the proof fits; no account costs the same as a wrong password (S-05). */
  async check(account: AccountWithVerifiers | null, proof: PasswordProof): Promise<boolean> {
    if (!isHashable(proof.text)) return false;
    if (proof.form === 'legacy-md5') return this.#checkLegacy(account, proof.text);
    const password = normalized(proof.text);
    const verdict = await this.hasher.verify(password, usable(account?.passwordHash));
    if (account && verdict === 'right-but-outdated') await this.#refresh(account, password);
    return verdict !== 'wrong';
  }

  async #checkLegacy(account: AccountWithVerifiers | null, md5: string): Promise<boolean> {
    const stored = this.config.legacyMd5Login ? (account?.legacyHash ?? null) : null;
    return (await this.hasher.verify(md5.toUpperCase(), stored)) !== 'wrong';
  }

  /** The password fits but its verifier is of an older make (S-03). */
  async #refresh(account: AccountWithVerifiers, password: string): Promise<void> {
    const verifiers = await this.verifiersOf(password);
    await this.unitOfWork.run(() => this.accounts.replacePassword(account, verifiers), 'reserve');
  }
}

/** An empty verifier was taken out of use and costs as much as any other (S-39, S-05). */
function usable(verifier: string | undefined): string | null {
  return verifier === undefined || verifier === '' ? null : verifier;
}
