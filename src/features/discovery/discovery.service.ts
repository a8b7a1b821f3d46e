import { Injectable } from '@nestjs/common';
import { Clock } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import type { Soon } from '../../shared/soon.js';
import type { LinkKind, UsableLink } from '../links/index.js';
import type { Server } from '../servers/index.js';
import { Directory } from './directory.js';
import { FirstLook } from './first-look.js';
import { FirstLooksRepository } from './first-looks.repository.js';
import { ranked, type Address } from './ranking.js';
import type { ServerList } from './server-list.js';

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
    private readonly directory: Directory,
    private readonly looks: FirstLooksRepository,
    private readonly clock: Clock,
  ) {}

  /** Every server that the account may use. Complete or an error: devices forget what is missing (E4). */
  async serversFor(accountId: AccountId): Promise<readonly UsableLink[]> {
    return (await this.directory.of(accountId)).servers;
  }

  /** The same with what edges make of it, ready; at once where it is remembered, and on SQLite. */
  listOf(accountId: AccountId): Soon<ServerList> {
    return this.directory.of(accountId);
  }

  /** The same for a token: what must be read of it is read with its list. */
  firstLook(): FirstLook {
    return new FirstLook(this.looks, this.directory);
  }

  /** The same again and again, each time where it is remembered and that counts; undefined says nothing but to ask `listOf`. */
  follow(accountId: AccountId): () => ServerList | undefined {
    return this.directory.follow(accountId);
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
