import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../../platform/changes/change-feed.js';
import { Clock } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import type { AppDescription, AppSignIn } from './app-sign-in.js';

/** Apps and sites that people have let in; in memory, until the OAuth server keeps them. */
@Injectable()
export class AppSignIns {
  readonly #signIns = new Map<string, AppSignIn>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly feed: ChangeFeed,
  ) {}

  beginWithin(description: AppDescription): Promise<AppSignIn> {
    const now = this.clock.now();
    const signIn: AppSignIn = {
      ...description,
      id: this.random.hex(16),
      createdAt: now,
      lastUsedAt: now,
    };
    this.#signIns.set(signIn.id, signIn);
    return Promise.resolve(signIn);
  }

  find(id: string): Promise<AppSignIn | null> {
    return Promise.resolve(this.#signIns.get(id) ?? null);
  }

  of(accountId: AccountId): Promise<AppSignIn[]> {
    return Promise.resolve(
      [...this.#signIns.values()].filter((one) => one.accountId === accountId).reverse(),
    );
  }

  /** @returns false if there is no such (S-61) */
  end(id: string, accountId: AccountId): Promise<boolean> {
    const isMine = this.#signIns.get(id)?.accountId === accountId;
    if (isMine) this.#signIns.delete(id);
    if (isMine) this.feed.publish({ topic: 'account', id: accountId });
    return Promise.resolve(isMine);
  }
}
