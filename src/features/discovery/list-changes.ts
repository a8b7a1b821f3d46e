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
  /** Who is reading: the servers that changed meanwhile, until it is known which of them the list holds. */
  readonly #reading = new Map<Entry, Set<string>>();

  constructor(private readonly feed: ChangeFeed) {}

  onModuleInit(): void {
    this.feed.listen({ changed: (change) => this.#changed(change), missed: () => this.#missed() });
  }

  /** Where changes by others are not heard, waiting is looking again from time to time. */
  tellUnheard(): void {
    if (!this.feed.hearsAll) this.#missed();
  }

  /**
   * Subscribe before reading, say what the list held after: what changes in between is told, also later between a call of
   * `listener` and the next `holds`. `listener` must not throw.
   */
  subscribe(accountId: AccountId, listener: () => void): ListSubscription {
    const entry: Entry = { listener, servers: [] };
    add(this.#byAccount, accountId, entry);
    this.#reading.set(entry, new Set());
    const list = (serverIds: readonly string[]): void => {
      for (const id of entry.servers) remove(this.#byServer, id, entry);
      for (const id of serverIds) add(this.#byServer, id, entry);
      entry.servers = serverIds;
    };
    const holds = (serverIds: readonly string[]): void => {
      const overtaken = this.#reading.get(entry);
      this.#reading.delete(entry);
      list(serverIds);
      if (serverIds.some((id) => overtaken?.has(id))) this.#tell(entry);
    };
    const end = (): void => {
      list([]);
      this.#reading.delete(entry);
      remove(this.#byAccount, accountId, entry);
    };
    return { holds, end };
  }

  #changed({ topic, id, heardAt }: NumberedChange): void {
    // No event comes of it (ADR 0020).
    if (heardAt !== undefined) return;
    if (topic === 'server') for (const servers of this.#reading.values()) servers.add(id);
    const concerned = (topic === 'account' ? this.#byAccount : this.#byServer).get(id) ?? [];
    for (const entry of [...concerned]) this.#tell(entry);
  }

  #missed(): void {
    for (const entries of this.#byAccount.values()) for (const entry of [...entries]) this.#tell(entry);
  }

  /** From here on it reads again. */
  #tell(entry: Entry): void {
    this.#reading.set(entry, new Set());
    entry.listener();
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
