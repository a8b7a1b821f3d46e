import { Injectable } from '@nestjs/common';
import { Clock } from '../../shared/clock.js';
import { AccountsService, KnownBrowsers, SignInLimits, type Account } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { LinksService } from '../links/index.js';
import { AppSignIns } from '../oauth/index.js';
import { DevicesService, WebSessionsService } from '../sessions/index.js';
import { accountExport, type AccountExport } from './account-export.js';

/** The newest ones, so that the file stays small (product rule 1): failures that others provoke are events too. */
const MOST_EVENTS = 1_000;

/** Gathers what is kept about a person (GDPR 15 and 20, S-141). */
@Injectable()
export class ExportService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly signInLimits: SignInLimits,
    private readonly knownBrowsers: KnownBrowsers,
    private readonly devices: DevicesService,
    private readonly apps: AppSignIns,
    private readonly browsers: WebSessionsService,
    private readonly links: LinksService,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /** Everything about the person of this account, who has re-authenticated (S-09). */
  async of(account: Account): Promise<AccountExport> {
    const { id } = account;
    await this.audit.record({ kind: 'account-exported', outcome: 'ok', accountId: id });
    const gathered = {
      account: { ...account, ...(await this.accounts.getFindable(id)) },
      devices: await this.devices.of(id),
      apps: await this.apps.of(id),
      browsers: await this.browsers.of(id),
      knownNetworks: await this.signInLimits.networksOf(id),
      knownBrowsers: await this.knownBrowsers.of(id),
      links: await this.links.usableBy(id),
      invitations: await this.links.waitingFor(id),
      blocked: await this.links.blockedBy(id),
      events: await this.audit.ofAccount(id, MOST_EVENTS),
      lookups: await this.audit.lookupsOf(id),
    };
    return accountExport(gathered, this.clock.now());
  }
}
