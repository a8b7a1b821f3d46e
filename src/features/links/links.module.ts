import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR, MINUTE } from '../../shared/clock.js';
import { AccountsModule } from '../accounts/index.js';
import { AuditModule } from '../audit/index.js';
import { MailModule } from '../mail/index.js';
import { ServersModule, ServersService } from '../servers/index.js';
import { AccountLookupService } from './account-lookup.service.js';
import { InvitationsRepository } from './invitations.repository.js';
import { InvitationsService } from './invitations.service.js';
import { LinkKeys } from './link-keys.js';
import { LinkRequestsService } from './link-requests.service.js';
import { LinksRepository } from './links.repository.js';
import { LinksService } from './links.service.js';

@Module({
  imports: [AccountsModule, ServersModule, MailModule, AuditModule],
  providers: [
    AccountLookupService,
    InvitationsRepository,
    InvitationsService,
    LinkKeys,
    LinkRequestsService,
    LinksRepository,
    LinksService,
  ],
  exports: [AccountLookupService, InvitationsService, LinkRequestsService, LinksService],
})
export class LinksModule implements OnModuleInit {
  constructor(
    private readonly servers: ServersService,
    private readonly requests: LinkRequestsService,
    private readonly links: LinksService,
    private readonly invitations: InvitationsService,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.servers.whenIdentityChanges((serverId) => this.requests.askAgain(serverId));
    this.jobs.everyByOne('end lapsed links', 10 * MINUTE, () => this.links.endLapsed());
    this.jobs.everyByOne('forget old invitations', HOUR, () => this.invitations.forgetOld());
  }
}
