import type { AccountId } from '../../shared/ids.js';
import { Memory } from '../../shared/memory.js';
import { measuredCache, type CacheCounts } from '../metrics/caches.js';
import type { ChangeFeed } from './change-feed.js';
import { OpenReads } from './open-reads.js';

interface Size {
  /** What it is called in the metrics. */
  readonly cache: string;
  /** How many are remembered. */
  readonly most: number;
  /** About so many each. */
  readonly bytes: number;
}

/**
 * Remembers what was read of accounts, by a key of its own, so that a caller does not cost a look-up each time it asks.
 *
 * Exact or not used (S-62): any change of an account drops what is known of it before it is acknowledged, and nothing here
 * counts unless this process has confirmed within the last second that it hears of every change.
 */
export class AccountMemory<Value> {
  readonly #values: Memory<string, Value>;
  readonly #keys = new Map<AccountId, Set<string>>();
  readonly #reads = new OpenReads();

  readonly #counts: CacheCounts;

  constructor(
    private readonly feed: ChangeFeed,
    { cache, most, bytes }: Size,
    private readonly accountOf: (value: Value) => AccountId,
  ) {
    this.#values = new Memory(most, (key, value) => this.#unlist(key, value));
    this.#counts = measuredCache(cache, this.#values, bytes);
    feed.listen({
      changed: (change) => {
        this.#reads.changed(change);
        if (change.topic === 'account') this.#drop(change.id as AccountId);
      },
      missed: () => {
        this.#reads.missed();
        this.#values.clear();
      },
    });
  }

  find(key: string): Value | undefined {
    const value = this.feed.hearsAll ? this.#values.get(key) : undefined;
    (value === undefined ? this.#counts.misses : this.#counts.hits).add();
    return value;
  }

  /** Reads, and remembers it unless its account changed meanwhile. That there is nothing is not remembered. */
  async read(key: string, look: () => Promise<Value | null>): Promise<Value | null> {
    if (!this.feed.hearsAll) return look();
    const read = this.#reads.begin();
    try {
      const found = await look();
      if (found !== null && !read.isStale('account', [this.accountOf(found)])) this.#keep(key, found);
      return found;
    } finally {
      read.end();
    }
  }

  /** What was read while others wrote unheard went with `missed`, which spoils the read. */
  #keep(key: string, value: Value): void {
    this.#values.set(key, value);
    const id = this.accountOf(value);
    const keys = this.#keys.get(id);
    if (keys) keys.add(key);
    else this.#keys.set(id, new Set([key]));
  }

  #drop(accountId: AccountId): void {
    for (const key of [...(this.#keys.get(accountId) ?? [])]) this.#values.delete(key);
  }

  #unlist(key: string, value: Value): void {
    const id = this.accountOf(value);
    const keys = this.#keys.get(id);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(id);
  }
}
