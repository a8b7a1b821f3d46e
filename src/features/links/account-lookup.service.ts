import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Limiter, type Rule } from '../../platform/limits/limiter.js';
import { perNetwork } from '../../platform/limits/per-network.js';
import { counter } from '../../platform/metrics/metrics.js';
import { Clock, DAY, HOUR } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import type { AccountId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { AccountsService, isEmailAddress, type Account } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import type { Server } from '../servers/index.js';
import { InvitationsRepository } from './invitations.repository.js';
import { LinksRepository } from './links.repository.js';

/** Whom a server asks for: by id, or by what an admin typed. */
export type Selector = { readonly id: AccountId } | { readonly identifier: string };

const lookUps = counter({
  name: 'signpost_lookups_total',
  help: 'Media servers that looked an account up: found, missing (a media server then offers an invitation), throttled, or failed by an outage.',
  labels: { outcome: ['found', 'missing', 'throttled', 'failed'] },
});

/** How a server finds the account that its admin wants to link. */
@Injectable()
export class AccountLookupService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly links: LinksRepository,
    private readonly invitations: InvitationsRepository,
    private readonly audit: AuditTrail,
    private readonly limiter: Limiter,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /**
   * The account, or null: read, and not there. Counted before the answer is known, because registering is free and
   * whole lists could be tried (S-33, W4).
   *
   * @throws DomainError rate-limited
   */
  async lookUp(server: Server, selector: Selector, network: string): Promise<Account | null> {
    try {
      const account = await this.#lookUp(server, selector, network);
      lookUps.count({ outcome: account ? 'found' : 'missing' });
      return account;
    } catch (error) {
      const isThrottled = error instanceof DomainError && error.kind === 'rate-limited';
      lookUps.count({ outcome: isThrottled ? 'throttled' : 'failed' });
      throw error;
    }
  }

  async #lookUp(server: Server, selector: Selector, network: string): Promise<Account | null> {
    await this.limiter.take(await this.#rules(server, network));
    const account = await this.#find(selector);
    await this.unitOfWork.run(async () => {
      if (!account && 'identifier' in selector)
        await this.#rememberMiss(server, selector.identifier, network);
      const whose = account ? { accountId: account.id } : {};
      const outcome = account ? 'ok' : 'refused';
      await this.audit.record({
        kind: 'account-looked-up',
        outcome,
        serverId: server.id,
        detail: server.name,
        ...whose,
      });
    });
    return account;
  }

  #find(selector: Selector): Promise<Account | null> {
    return 'id' in selector
      ? this.accounts.find(selector.id)
      : this.accounts.findForServer(selector.identifier);
  }

  async #rules(server: Server, network: string): Promise<Rule[]> {
    const { lookupsServerHour, lookupsServerDay, lookupsNewServerDay, lookupsNetworkHour } = this.config;
    const isNew = this.clock.now() - server.createdAt < DAY || !(await this.links.hasAccepted(server.id));
    const perDay = isNew ? Math.min(lookupsNewServerDay, lookupsServerDay) : lookupsServerDay;
    return [
      { bucket: 'lookup-server-hour', key: server.id, limit: lookupsServerHour, windowMs: HOUR },
      { bucket: 'lookup-server-day', key: server.id, limit: perDay, windowMs: DAY },
      ...perNetwork({
        bucket: 'lookup-network-hour',
        key: network,
        limit: lookupsNetworkHour,
        windowMs: HOUR,
      }),
    ];
  }

  /** An invitation by mail carries no credential; this is what ties it to a server (W8). */
  async #rememberMiss(server: Server, identifier: string, network: string): Promise<void> {
    if (!isEmailAddress(identifier)) return;
    const miss = { emailKey: identifier.toLowerCase(), network, serverId: server.id, at: this.clock.now() };
    await this.invitations.addMissedLookup({ id: this.random.hex(16), ...miss });
  }
}
