import { Injectable } from '@nestjs/common';
import { digestOf, sameDigest } from '../../platform/crypto/digest.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { Clock, MINUTE } from '../../shared/clock.js';
import { addressInUse, tokenSpent } from './account.errors.js';
import { AccountsRepository } from './accounts.repository.js';
import { SignUpService, type SignUp } from './sign-up.service.js';

const LIFETIME_MS = 30 * MINUTE;

/** Of a token: when it is over, in milliseconds since 1970, before 128 bits of the MAC over that. Both are hexadecimal. */
const UNTIL_DIGITS = 12;
const MAC_DIGITS = 32;

/**
 * The first operator of a broker: whoever reads the console of a broker that has none (S-08). There is no default
 * account and no default password. The link of each node is good at every node, as behind a load balancer nobody chooses
 * where they arrive.
 */
@Injectable()
export class SetupService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly signUps: SignUpService,
    private readonly clock: Clock,
    private readonly ring: KeyRing,
  ) {}

  /** A token that works until there is an operator, for 30 minutes at most; null when there is one already. */
  async offer(): Promise<string | null> {
    if (await this.accounts.hasOperator()) return null;
    return this.#tokenUntil(this.clock.now() + LIFETIME_MS);
  }

  /** @throws DomainError gone `link-spent` (one answer for all reasons, S-34) */
  async check(token: string): Promise<void> {
    const until = Number.parseInt(token.slice(0, UNTIL_DIGITS), 16);
    const isRight =
      until > this.clock.now() && sameDigest(digestOf(token), digestOf(this.#tokenUntil(until)));
    if (!isRight || (await this.accounts.hasOperator())) throw tokenSpent();
  }

  #tokenUntil(until: number): string {
    const text = until.toString(16).padStart(UNTIL_DIGITS, '0');
    return text + this.ring.mac('mac', `set-up\n${text}`).slice(0, MAC_DIGITS);
  }

  /**
   * Opens the operator's account, ready to sign in.
   *
   * @throws what `check` and signing up throw; conflict `email-in-use`
   */
  async createOperator(token: string, given: SignUp): Promise<void> {
    await this.check(token);
    await this.signUps.signUpOperator(given, () => this.check(token));
    // Signing up keeps silent about an address in use (S-31); this link must not be lost over it.
    if (!(await this.accounts.hasOperator())) throw addressInUse();
  }
}
