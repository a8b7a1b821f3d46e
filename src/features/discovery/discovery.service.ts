import { Injectable } from '@nestjs/common';
import { Clock } from '../../shared/clock.js';
import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import type { LinkKind, UsableLink } from '../links/index.js';
import type { Server } from '../servers/index.js';
import { Directory } from './directory.js';
import { ListWatchers } from './list-watchers.js';
import { described, ranked, type Address, type DescribedAddress } from './ranking.js';
import { etagOf, type ServerList } from './server-list.js';

/** A server as its person may see it on a page: no key. */
export interface ServerInSight extends Pick<Server, 'id' | 'name'> {
  readonly kind: LinkKind;
  /** Since it was last heard from, to the hour. */
  readonly silentMs: number;
  /** The best for this visitor first; never empty. */
  readonly addresses: readonly Address[];
}

/** A server as a device needs it. */
export interface DiscoveredServer {
  readonly id: ServerId;
  readonly systemId: string;
  readonly name: string;
  /** When it was last heard from, to the hour; in no ETag. */
  readonly heardAt: number;
  readonly linkId: LinkId;
  readonly kind: LinkKind;
  /** The link key, which the device exchanges at the media server. */
  readonly key: string;
  /** Whether its last update came from the network of whoever asks: a rank, never a right (S-81). */
  readonly isSameNetwork: boolean;
  /** The best to try first; never empty. */
  readonly addresses: readonly DescribedAddress[];
}

/** The answer a device came for: which servers, where, with which key. */
@Injectable()
export class DiscoveryService {
  constructor(
    private readonly directory: Directory,
    private readonly watchers: ListWatchers,
    private readonly clock: Clock,
  ) {}

  /** Every server that the account may use. Complete or an error: devices forget what is missing (E4). */
  async serversFor(accountId: AccountId): Promise<readonly UsableLink[]> {
    return (await this.directory.of(accountId)).servers;
  }

  /** The same with ready bytes and ETag; at once where it is remembered. */
  listOf(accountId: AccountId): ServerList | Promise<ServerList> {
    return this.directory.find(accountId) ?? this.directory.of(accountId);
  }

  /** The same, only if it is remembered. */
  remembered(accountId: AccountId): ServerList | undefined {
    return this.directory.find(accountId);
  }

  /**
   * The same for one who asks from a network (`networkOf`), the best addresses first. Complete or an error.
   *
   * @returns also a strong ETag of all but `heardAt`, the same on every node
   */
  async answerFor(
    accountId: AccountId,
    network: string,
  ): Promise<{ readonly etag: string; readonly servers: readonly DiscoveredServer[] }> {
    const list = await this.directory.of(accountId);
    const servers = list.servers.map((usable) => discovered(usable, network));
    const near = servers.filter(({ isSameNetwork }) => isSameNetwork);
    const etag = near.length === 0 ? list.etag : etagOf([list.etag, ...near.map(({ id }) => id)].join('\n'));
    return { etag, servers };
  }

  /**
   * Yields whenever the account's list may have changed, after the commit and within a second; several changes while
   * nobody asks are one. Counts from this call on: open it, then read the list, then wait. It may yield for nothing, so
   * compare ETags; and the sign-in may be what ended, so authenticate again.
   *
   * @throws DomainError rate-limited when too many wait
   */
  changesOf(accountId: AccountId, signal: AbortSignal): AsyncIterableIterator<void> {
    return this.watchers.watch(accountId, signal);
  }

  /** The list for the person to look at, seen from a network (`networkOf`). Complete or an error. */
  async inSightOf(accountId: AccountId, network: string): Promise<ServerInSight[]> {
    const now = this.clock.now();
    return (await this.serversFor(accountId)).map(({ link, server }) => ({
      id: server.id,
      name: server.name,
      kind: link.kind,
      silentMs: Math.max(0, now - server.heardAt),
      addresses: ranked(server, network),
    }));
  }
}

function discovered({ link, server, key }: UsableLink, network: string): DiscoveredServer {
  const { id, systemId, name, heardAt } = server;
  const addresses = ranked(server, network).map(described);
  const isSameNetwork = server.network === network;
  return { id, systemId, name, heardAt, linkId: link.id, kind: link.kind, key, isSameNetwork, addresses };
}
