import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../../platform/changes/change-feed.js';
import { OpenReads } from '../../platform/changes/open-reads.js';
import { measuredCache } from '../../platform/metrics/caches.js';
import type { AccountId, DeviceId } from '../../shared/ids.js';
import { Memory } from '../../shared/memory.js';
import type { Account } from '../accounts/index.js';

/** A caller that proved to be a device of an account. */
export interface SignedInDevice {
  readonly account: Account;
  readonly deviceId: DeviceId;
}

/** A token that was found, of an account that is active; whether its time has run out is asked at every request. */
export interface CheckedToken {
  readonly signedIn: SignedInDevice;
  readonly createdAt: number;
  /** Runs ahead of the database by the stamp that is being written. */
  lastUsedAt: number;
}

const TOKEN_BYTES = 600;
/** 30 MB at most. */
const MOST = 50_000;

/**
 * Tokens that were checked, by digest, so that a device does not cost a look-up each time it asks.
 *
 * Exact or not used (S-62): any change of an account drops its tokens before it is acknowledged, and nothing here counts
 * unless this process has confirmed within the last second that it hears of every change.
 */
@Injectable()
export class CheckedTokens {
  readonly #tokens = new Memory<string, CheckedToken>(MOST, (digest, token) => this.#unlist(digest, token));
  readonly #counts = measuredCache('tokens', this.#tokens, TOKEN_BYTES);
  readonly #digests = new Map<AccountId, Set<string>>();
  readonly #reads = new OpenReads();

  constructor(private readonly feed: ChangeFeed) {
    feed.listen({
      changed: (change) => {
        this.#reads.changed(change);
        if (change.topic === 'account') this.#drop(change.id as AccountId);
      },
      missed: () => {
        this.#reads.missed();
        this.#tokens.clear();
      },
    });
  }

  find(digest: string): CheckedToken | undefined {
    const token = this.feed.hearsAll ? this.#tokens.get(digest) : undefined;
    (token ? this.#counts.hits : this.#counts.misses).add();
    return token;
  }

  /** Reads a token, and remembers it unless its account changed meanwhile. Nothing is remembered of one that is unknown. */
  async read(digest: string, look: () => Promise<CheckedToken | null>): Promise<CheckedToken | null> {
    if (!this.feed.hearsAll) return look();
    const read = this.#reads.begin();
    try {
      const found = await look();
      if (found && !read.isStale('account', [found.signedIn.account.id])) this.#keep(digest, found);
      return found;
    } finally {
      read.end();
    }
  }

  /** What was read while others wrote unheard went with `missed`, which spoils the read. */
  #keep(digest: string, token: CheckedToken): void {
    this.#tokens.set(digest, token);
    const { id } = token.signedIn.account;
    const digests = this.#digests.get(id);
    if (digests) digests.add(digest);
    else this.#digests.set(id, new Set([digest]));
  }

  #drop(accountId: AccountId): void {
    for (const digest of [...(this.#digests.get(accountId) ?? [])]) this.#tokens.delete(digest);
  }

  #unlist(digest: string, { signedIn }: CheckedToken): void {
    const digests = this.#digests.get(signedIn.account.id);
    digests?.delete(digest);
    if (digests?.size === 0) this.#digests.delete(signedIn.account.id);
  }
}
