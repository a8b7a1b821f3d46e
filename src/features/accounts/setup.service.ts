import { Injectable } from '@nestjs/common';
import { digestOf, sameDigest } from '../../platform/crypto/digest.js';
import { Clock, MINUTE } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { addressInUse, tokenSpent } from './account.errors.js';
import { AccountsRepository } from './accounts.repository.js';
import { SignUpService, type SignUp } from './sign-up.service.js';

const LIFETIME_MS = 30 * MINUTE;

/**
 * The first operator of a broker: whoever reads the console of a broker that has none (S-08). There is no default
 * account and no default password.
 */
@Injectable()
export class SetupService {
  #token: { readonly digest: string; readonly expiresAt: number } | undefined;

  constructor(
    private readonly accounts: AccountsRepository,
    private readonly signUps: SignUpService,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** A one-time token of 128 bits, kept in memory only, or null when there is an operator already. */
  async offer(): Promise<string | null> {
    if (await this.accounts.hasOperator()) return null;
    const token = this.random.hex(16);
    this.#token = { digest: digestOf(token), expiresAt: this.clock.now() + LIFETIME_MS };
    return token;
  }

  /** @throws DomainError gone `link-spent` (one answer for all reasons, S-34) */
  check(token: string): void {
    const offered = this.#token;
    const isRight = offered !== undefined && sameDigest(digestOf(token), offered.digest);
    if (!isRight || this.clock.now() >= offered.expiresAt) throw tokenSpent();
  }

  /**
   * Opens the operator's account, ready to sign in.
   *
   * @throws what `check` and signing up throw; conflict `email-in-use`
   */
  async createOperator(token: string, given: SignUp): Promise<void> {
    this.check(token);
    await this.signUps.signUpOperator(given, async () => {
      this.check(token);
      if (await this.accounts.hasOperator()) throw tokenSpent();
    });
    // Signing up keeps silent about an address in use (S-31); this link must not be lost over it.
    if (!(await this.accounts.hasOperator())) throw addressInUse();
    this.#token = undefined;
  }
}
