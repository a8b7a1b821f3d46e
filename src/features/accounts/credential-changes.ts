import { Injectable } from '@nestjs/common';
import type { AccountId } from '../../shared/ids.js';

/**
 * What must happen, in the same unit of work, when an account's password or address changed, or its owner signs out
 * everywhere else: sign-ins end (S-13).
 */
export type CredentialListener = (accountId: AccountId, keepSession: string | undefined) => Promise<void>;

/** Whoever keeps sign-ins listens here: accounts cannot know them, because they stand on accounts. */
@Injectable()
export class CredentialChanges {
  readonly #listeners: CredentialListener[] = [];

  whenChanged(listener: CredentialListener): void {
    this.#listeners.push(listener);
  }

  /** Inside a unit of work. `keepSession`: id of the browser session that asked for it and goes on. */
  async announce(accountId: AccountId, keepSession?: string): Promise<void> {
    for (const listener of this.#listeners) await listener(accountId, keepSession);
  }
}
