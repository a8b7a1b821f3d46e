import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ChangeFeed, type NumberedChange } from '../../platform/changes/change-feed.js';
import type { AccountId, ServerId } from '../../shared/ids.js';

/** Somebody who waits for a list to change. */
export interface ListSubscription {
  /** Which servers the list held when it was read last: their changes count too. */
  holds(serverIds: readonly ServerId[]): void;
  end(): void;
}

interface Entry {
  readonly listener: () => void;
  servers: readonly string[];
}

/**
 * Tells who waits for the list of an account that it may have changed, or that the account's sign-ins have: read both
 * again. Told too often rather than too rarely.
 */
@Injectable()
export class ListChanges implements OnModuleInit {
  readonly #byAccount = new Map<string, Set<Entry>>();
  readonly #byServer = new Map<string, Set<Entry>>();

  constructor(private readonly feed: ChangeFeed) {}

  onModuleInit(): void {
    this.feed.listen({ changed: (change) => this.#changed(change), missed: () => this.#missed() });
  }

  /** Subscribe before reading: what changes in between is told. `listener` must not throw. */
  subscribe(accountId: AccountId, listener: () => void): ListSubscription {
    const entry: Entry = { listener, servers: [] };
    add(this.#byAccount, accountId, entry);
    const holds = (serverIds: readonly string[]): void => {
      for (const id of entry.servers) remove(this.#byServer, id, entry);
      for (const id of serverIds) add(this.#byServer, id, entry);
      entry.servers = serverIds;
    };
    const end = (): void => {
      holds([]);
      remove(this.#byAccount, accountId, entry);
    };
    return { holds, end };
  }

  /** Where changes by others are not heard, waiting is looking again from time to time. */
  tellUnheard(): void {
    if (!this.feed.hearsAll) this.#missed();
  }

  #changed({ topic, id }: NumberedChange): void {
    const concerned = (topic === 'account' ? this.#byAccount : this.#byServer).get(id) ?? [];
    for (const { listener } of [...concerned]) listener();
  }

  #missed(): void {
    for (const entries of this.#byAccount.values()) for (const { listener } of [...entries]) listener();
  }
}

function add(map: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const entries = map.get(key);
  if (entries) entries.add(entry);
  else map.set(key, new Set([entry]));
}

function remove(map: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const entries = map.get(key);
  entries?.delete(entry);
  if (entries?.size === 0) map.delete(key);
}
