import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { ChangeFeed, type NumberedChange } from '../../platform/changes/change-feed.js';
import { OpenReads, type OpenRead } from '../../platform/changes/open-reads.js';
import { measureHeld, measuredCache, type CacheCounts } from '../../platform/metrics/caches.js';
import type { AccountId, ServerId } from '../../shared/ids.js';
import { Memory } from '../../shared/memory.js';
import { lastly, soon, type Soon } from '../../shared/soon.js';
import { LinksService, type LinkRows, type UsableLink } from '../links/index.js';
import type { Server } from '../servers/index.js';
import { heard, isSame, PackedLists } from './packed-lists.js';
import { ServerList } from './server-list.js';

const MIB = 1_048_576;
/** Of the memory for lists; what is packed takes a tenth of what it does with ready bytes. */
const PACKED_SHARE = 0.25;
/** Of an empty list, and of each server in one with ready bytes for two edges, as measured where each stands in five lists. */
const LIST_BYTES = 700;
const SERVER_BYTES = 1_500;

/** A server that stands in lists that are remembered. */
interface Standing {
  readonly server: Server;
  readonly accounts: Set<AccountId>;
}

/** Links that were read with something else. */
export interface Brought {
  readonly rows: LinkRows;
  /** Open since before they were asked for; null: they may not be kept. */
  readonly read: OpenRead | null;
  /** When they were asked for. */
  readonly since: number;
}

/**
 * The lists of accounts, remembered: packed, and of those who ask again and again with all that is made of them.
 *
 * A list is complete or an error, and never older than what was acknowledged: a change drops what it concerns before it
 * is acknowledged; a read during which something of it changed is answered and not kept; and nothing here counts unless
 * this process has confirmed within the last second that it hears of every change (S-62).
 */
@Injectable()
export class Directory {
  readonly #lists: Memory<AccountId, ServerList>;
  readonly #packed: PackedLists;
  readonly #counts: CacheCounts;
  #epoch = 0;
  #epochAhead = -1;
  /** How many lists were packed once all were read ahead. */
  #packedAhead = 0;
  readonly #standing = new Map<ServerId, Standing>();
  readonly #reads = new OpenReads();
  /** Reads that others may join: nothing has changed since they began. */
  readonly #joinable = new Map<AccountId, { readonly read: OpenRead; readonly list: Promise<ServerList> }>();

  constructor(
    private readonly links: LinksService,
    private readonly feed: ChangeFeed,
    config: Config,
  ) {
    const most = config.listsMemory * MIB;
    this.#packed = new PackedLists(most * PACKED_SHARE);
    this.#lists = new Memory(most * (1 - PACKED_SHARE), (id, list) => this.#unlist(id, list));
    this.#counts = measuredCache('lists', this.#lists);
    measureHeld('packed-lists', this.#packed);
    feed.listen({ changed: (change) => this.#changed(change), missed: () => this.#missed() });
  }

  /** What is remembered, if that counts. */
  find(accountId: AccountId): ServerList | undefined {
    const list = this.feed.hearsAll ? (this.#lists.get(accountId) ?? this.#unpacked(accountId)) : undefined;
    (list ? this.#counts.hits : this.#counts.misses).add();
    return list;
  }

  /** `find` for whoever asks again and again for the same account: what is made of the list is kept from now on. */
  follow(accountId: AccountId): () => ServerList | undefined {
    const followed = this.#lists.follow(accountId);
    return () => {
      const list = this.feed.hearsAll ? (followed() ?? this.#keptUnpacked(accountId)) : undefined;
      (list ? this.#counts.hits : this.#counts.misses).add();
      return list;
    };
  }

  /** Complete or an error; at once where it is remembered or was brought, and on SQLite. */
  of(accountId: AccountId, brought?: Brought): Soon<ServerList> {
    return this.find(accountId) ?? (brought ? this.#take(accountId, brought) : this.#read(accountId));
  }

  /** Begins a read of which it is not known yet whose list it brings; null: it may not be kept. */
  begin(): OpenRead | null {
    return this.feed.hearsAll ? this.#reads.begin() : null;
  }

  #take(accountId: AccountId, { rows, read, since }: Brought): Soon<ServerList> {
    return soon(this.links.usableIn(rows, accountId, since), (links) => {
      const list = this.#listOf(links);
      return read === null ? list : this.#keepFresh(accountId, list, read);
    });
  }

  /** Reads what is not remembered yet, for whoever may ask. */
  async readAhead(accountId: AccountId): Promise<void> {
    if (!this.#packed.has(accountId) && !this.#lists.has(accountId)) await this.#read(accountId);
  }

  /** Whether there will be no need to read the list of whoever comes. */
  get holdsMost(): boolean {
    const areThere = this.#epochAhead === this.#epoch && this.#packed.size > this.#packedAhead / 2;
    return areThere && this.feed.hearsAll;
  }

  /** All lists were read ahead in this epoch. */
  hasReadAll(epoch: number): void {
    this.#epochAhead = epoch;
    this.#packedAhead = this.#packed.size;
  }

  /** Whether what is remembered counts. */
  get hearsAll(): boolean {
    return this.feed.hearsAll;
  }

  /** Whether what is read ahead would not be kept. */
  get isFull(): boolean {
    return this.#packed.isFull;
  }

  /** Another number each time that everything was forgotten. */
  get epoch(): number {
    return this.#epoch;
  }

  #read(accountId: AccountId): Soon<ServerList> {
    // Changes by others, of which we do not hear, could lie between the beginning of a read and whoever joins it.
    if (!this.feed.hearsAll) return this.#load(accountId);
    const joined = this.#joinable.get(accountId);
    if (joined) return joined.list;
    const read = this.#reads.begin();
    const list = lastly(
      () => soon(this.#load(accountId), (loaded) => this.#keepFresh(accountId, loaded, read)),
      () => this.#ended(accountId, read),
    );
    if (list instanceof Promise) this.#joinable.set(accountId, { read, list });
    return list;
  }

  #ended(accountId: AccountId, read: OpenRead): void {
    read.end();
    if (this.#joinable.get(accountId)?.read === read) this.#joinable.delete(accountId);
  }

  #load(accountId: AccountId): Soon<ServerList> {
    return soon(this.links.usableBy(accountId), this.#listOf);
  }

  readonly #listOf = (links: readonly UsableLink[]): ServerList => new ServerList(links.map(this.#sharing));

  /** A server stands in several lists: what is known of it is kept once (P-9). */
  readonly #sharing = (usable: UsableLink): UsableLink => {
    const known = this.#standing.get(usable.server.id)?.server;
    return known !== undefined && isSame(known, usable.server) ? { ...usable, server: known } : usable;
  };

  #keepFresh(accountId: AccountId, list: ServerList, read: OpenRead): ServerList {
    if (this.feed.hearsAll && !isStale(read, accountId, list)) this.#remember(accountId, list);
    return list;
  }

  #unpacked(accountId: AccountId): ServerList | undefined {
    const links = this.#packed.get(accountId);
    return links && new ServerList(links);
  }

  #keptUnpacked(accountId: AccountId): ServerList | undefined {
    const list = this.#unpacked(accountId);
    if (list) this.#keep(accountId, list);
    return list;
  }

  /** Of a crowd in which each asks once, nothing is made but what is packed (P-12). */
  #remember(accountId: AccountId, list: ServerList): void {
    if (!this.#packed.add(accountId, list.servers)) this.#keep(accountId, list);
  }

  #keep(accountId: AccountId, list: ServerList): void {
    if (!this.#lists.set(accountId, list, LIST_BYTES + SERVER_BYTES * list.servers.length)) return;
    for (const { server } of list.servers) {
      const standing = this.#standing.get(server.id);
      if (standing) standing.accounts.add(accountId);
      else this.#standing.set(server.id, { server, accounts: new Set([accountId]) });
    }
    list.shrink();
  }

  #changed(change: NumberedChange): void {
    this.#reads.changed(change);
    if (change.topic === 'account') {
      this.#joinable.delete(change.id as AccountId);
      this.#packed.accountChanged(change.id as AccountId);
      this.#lists.delete(change.id as AccountId);
    } else {
      // Whose lists are being read with this server is not known yet.
      this.#joinable.clear();
      if (change.heardAt === undefined) this.#serverChanged(change.id as ServerId);
      else this.#serverHeard(change.id as ServerId, change.heardAt);
    }
  }

  #serverChanged(id: ServerId): void {
    this.#packed.serverChanged(id);
    for (const accountId of [...(this.#standing.get(id)?.accounts ?? [])]) this.#lists.delete(accountId);
  }

  /** Each server once an hour: no list is read again for that. What was made of it may tell, and is made again. */
  #serverHeard(id: ServerId, heardAt: number): void {
    this.#packed.serverHeard(id, heardAt);
    const standing = this.#standing.get(id);
    if (standing === undefined) return;
    const server = heard(standing.server, heardAt);
    this.#standing.set(id, { ...standing, server });
    for (const accountId of standing.accounts) this.#lists.replace(accountId, (list) => list.with(server));
  }

  #missed(): void {
    this.#epoch += 1;
    this.#packed.clear();
    this.#reads.missed();
    this.#joinable.clear();
    this.#lists.clear();
  }

  #unlist(accountId: AccountId, { serverIds }: ServerList): void {
    for (const id of serverIds) {
      const accounts = this.#standing.get(id)?.accounts;
      accounts?.delete(accountId);
      if (accounts?.size === 0) this.#standing.delete(id);
    }
  }
}

function isStale(read: OpenRead, accountId: AccountId, { serverIds }: ServerList): boolean {
  return read.isStale('account', [accountId]) || read.isStale('server', serverIds);
}
