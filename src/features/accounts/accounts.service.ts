import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { PasswordHasher } from '../../platform/crypto/password-hasher.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { isActive, withoutVerifiers, type Account, type AccountWithVerifiers } from './account.js';
import { wrongCredentials } from './account.errors.js';
import { AccountsRepository } from './accounts.repository.js';
import { isHashable, legacyDigest, normalized } from './password.js';

/** What a caller offers as proof: the password itself, or the MD5 form of old clients (E7, S-06). */
export type PasswordProof =
  | { readonly form: 'password'; readonly text: string }
  | { readonly form: 'legacy-md5'; readonly text: string };

/** Who a person is: finding accounts and checking passwords. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly hasher: PasswordHasher,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  async find(id: AccountId): Promise<Account | null> {
    const account = await this.accounts.find(id);
    return account && withoutVerifiers(account);
  }

  /** By user name, or by e-mail address when there is an `@`; exact but for letter case. */
  async findByIdentifier(identifier: string): Promise<Account | null> {
    const account = await this.#findByIdentifier(identifier);
    return account && withoutVerifiers(account);
  }

  /**
   * The account behind a user name or e-mail and a password.
   *
   * @throws DomainError unauthenticated: unknown, inactive and wrong alike, at the same cost (S-05); unavailable when
   * too many passwords are being checked
   */
  async authenticate(identifier: string, proof: PasswordProof): Promise<Account> {
    const account = await this.#findByIdentifier(identifier);
    const fits = await this.#check(account, proof);
    if (!account || !fits || !isActive(account)) throw wrongCredentials();
    return withoutVerifiers(account);
  }

  /** Whether this is the account's password, whatever its state. Refreshes an outdated verifier (S-03). */
  async hasPassword(account: Account, password: string): Promise<boolean> {
    return this.#check(await this.accounts.find(account.id), { form: 'password', text: password });
  }

  /** Makes the verifiers of a new password; slow on purpose, so never inside a unit of work. */
  async verifiersOf(password: string): Promise<Pick<AccountWithVerifiers, 'passwordHash' | 'legacyHash'>> {
    const passwordHash = await this.hasher.hash(password);
    const legacyHash = this.config.legacyMd5Login ? await this.hasher.hash(legacyDigest(password)) : null;
    return { passwordHash, legacyHash };
  }

  async #check(account: AccountWithVerifiers | null, proof: PasswordProof): Promise<boolean> {
    if (!isHashable(proof.text)) return false;
    if (proof.form === 'legacy-md5') return this.#checkLegacy(account, proof.text);
    const password = normalized(proof.text);
    const verdict = await this.hasher.verify(password, account?.passwordHash ?? null);
    if (account && verdict === 'right-but-outdated') await this.#refresh(account, password);
    return verdict !== 'wrong';
  }

  async #checkLegacy(account: AccountWithVerifiers | null, md5: string): Promise<boolean> {
    const stored = this.config.legacyMd5Login ? (account?.legacyHash ?? null) : null;
    return (await this.hasher.verify(md5.toUpperCase(), stored)) !== 'wrong';
  }

  async #refresh(account: AccountWithVerifiers, password: string): Promise<void> {
    const verifiers = await this.verifiersOf(password);
    await this.unitOfWork.run(() => this.accounts.replacePassword(account, verifiers));
  }

  #findByIdentifier(identifier: string): Promise<AccountWithVerifiers | null> {
    return identifier.includes('@')
      ? this.accounts.findByEmail(identifier)
      : this.accounts.findByUserName(identifier);
  }

  /** Deletes accounts whose address was never confirmed (S-37), and spent tokens. */
  async forgetUnverified(): Promise<void> {
    const now = this.clock.now();
    await this.unitOfWork.run(async () => {
      await this.accounts.removeUnverifiedBefore(now - this.config.unverifiedTtl);
      await this.accounts.removeTokensExpiredBefore(now);
    });
  }
}
