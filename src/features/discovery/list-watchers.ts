import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { ChangeFeed, type NumberedChange } from '../../platform/changes/change-feed.js';
import { DomainError } from '../../shared/domain-error.js';
import type { AccountId, ServerId } from '../../shared/ids.js';
import { Directory } from './directory.js';

/** One who waits for changes of an account's list. Several changes while nobody looks are one. */
class Watcher implements AsyncIterableIterator<void> {
  #isDue = false;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(private readonly onEnd: () => void) {}

  fire(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.onEnd();
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<void>> {
    if (!this.#isDue && !this.#isEnded) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
    if (this.#isEnded) return { done: true, value: undefined };
    this.#isDue = false;
    return { done: false, value: undefined };
  }

  return(): Promise<IteratorResult<void>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Who waits for changes of lists. Wakes too often rather than too seldom: whoever wakes compares the ETag. */
@Injectable()
export class ListWatchers {
  readonly #watchers = new Map<AccountId, Set<Watcher>>();
  #count = 0;

  constructor(
    private readonly directory: Directory,
    private readonly feed: ChangeFeed,
    private readonly config: Config,
  ) {
    feed.listen({ changed: (change) => this.#changed(change), missed: () => this.#wakeAll() });
  }

  /** @throws DomainError rate-limited when too many wait, of this account or in all */
  watch(accountId: AccountId, signal: AbortSignal): AsyncIterableIterator<void> {
    const watchers = this.#watchers.get(accountId) ?? new Set<Watcher>();
    const { listeners, listenersAccount } = this.config;
    if (this.#count >= listeners || watchers.size >= listenersAccount) throw tooMany();
    const end = (): void => watcher.end();
    const watcher = new Watcher(() => {
      signal.removeEventListener('abort', end);
      this.#remove(accountId, watchers, watcher);
    });
    watchers.add(watcher);
    this.#watchers.set(accountId, watchers);
    this.#count += 1;
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    return watcher;
  }

  /** Where changes by others are not heard, waiting is asking again from time to time. */
  wakeUnheard(): void {
    if (!this.feed.hearsAll) this.#wakeAll();
  }

  #remove(accountId: AccountId, watchers: Set<Watcher>, watcher: Watcher): void {
    watchers.delete(watcher);
    this.#count -= 1;
    if (watchers.size === 0 && this.#watchers.get(accountId) === watchers) this.#watchers.delete(accountId);
  }

  #changed({ topic, id }: NumberedChange): void {
    if (topic === 'account') this.#wake(id as AccountId);
    else this.#wakeThoseWith(id as ServerId);
  }

  /** Also those whose lists nobody remembers: the server may stand there. */
  #wakeThoseWith(serverId: ServerId): void {
    const concerned = new Set(this.directory.accountsWith(serverId));
    for (const accountId of this.#watchers.keys()) {
      if (concerned.has(accountId) || !this.directory.remembers(accountId)) this.#wake(accountId);
    }
  }

  #wakeAll(): void {
    for (const accountId of this.#watchers.keys()) this.#wake(accountId);
  }

  #wake(accountId: AccountId): void {
    for (const watcher of this.#watchers.get(accountId) ?? []) watcher.fire();
  }
}

function tooMany(): DomainError {
  return new DomainError('rate-limited', 'too-many-listeners', 'Too many wait for changes already.', {
    retryAfterSeconds: 60,
  });
}
