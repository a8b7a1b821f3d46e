import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import type { Soon } from '../../shared/soon.js';
import { KnownBrowsersRepository } from './known-browsers.repository.js';

/**
 * Browsers in which the password of an account was right before. They are known by a secret in a cookie, from whatever
 * network they come, so that nobody who guesses from elsewhere keeps the owner out (S-22). It opens nothing: it only
 * earns a budget of tries, and only for that account.
 */
@Injectable()
export class KnownBrowsers {
  constructor(
    private readonly browsers: KnownBrowsersRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /** One statement whether or not there is such an account (S-30). */
  isKnown(accountId: AccountId, secret: string): Soon<boolean> {
    return this.browsers.isKnown(accountId, digestOf(secret), this.#oldest);
  }

  /**
   * The password was right in this browser. It gets a new secret each time, so that a copy of the old one is worth
   * nothing any more; accounts of other people who use it too stay known in it.
   *
   * @param secret what the browser has, or ''
   * @returns what it has to keep instead: 64 lower-case hex digits, of which only a digest is kept
   */
  async welcome(accountId: AccountId, secret: string): Promise<string> {
    const fresh = this.random.hex(32);
    await this.unitOfWork.run(async () => {
      await this.unitOfWork.exclusive(`known browsers of ${accountId}`);
      if (secret !== '') await this.browsers.replace(digestOf(secret), digestOf(fresh));
      await this.browsers.remember(accountId, digestOf(fresh), this.clock.now());
      await this.browsers.removeSurplus(accountId, this.config.knownBrowsersPerAccount);
    }, 'reserve');
    return fresh;
  }

  /** Inside a unit of work: whoever had the account before may have such a cookie too. */
  async forgetAllWithin(accountId: AccountId): Promise<void> {
    await this.browsers.removeOf(accountId);
  }

  /** When the password was right last in each, newest first. */
  async of(accountId: AccountId): Promise<readonly { readonly lastSuccessAt: number }[]> {
    return this.browsers.of(accountId);
  }

  async forgetOld(): Promise<void> {
    await this.unitOfWork.run(() => this.browsers.removeBefore(this.#oldest));
  }

  get #oldest(): number {
    return this.clock.now() - this.config.knownBrowserTtl;
  }
}
