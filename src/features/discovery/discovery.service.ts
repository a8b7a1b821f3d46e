import { Injectable } from '@nestjs/common';
import { Clock } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { LinksService, type LinkKind, type UsableLink } from '../links/index.js';
import type { Server } from '../servers/index.js';
import { ranked, type Address } from './ranking.js';

/** A server as its person may see it on a page: no key. */
export interface ServerInSight extends Pick<Server, 'id' | 'name'> {
  readonly kind: LinkKind;
  /** Since it was last heard from, to the hour. */
  readonly silentMs: number;
  /** The best for this visitor first; never empty. */
  readonly addresses: readonly Address[];
}

/** The answer a device came for: which servers, where, with which key. */
@Injectable()
export class DiscoveryService {
  constructor(
    private readonly links: LinksService,
    private readonly clock: Clock,
  ) {}

  /** Every server that the account may use. Complete or an error: devices forget what is missing (E4). */
  serversFor(accountId: AccountId): Promise<UsableLink[]> {
    return this.links.usableBy(accountId);
  }

  /** The same for the person to look at, seen from a network (`networkOf`). Complete or an error. */
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
