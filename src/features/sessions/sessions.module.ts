import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR } from '../../shared/clock.js';
import { AccountsModule, CredentialChanges } from '../accounts/index.js';
import { AuditModule } from '../audit/index.js';
import { MailModule } from '../mail/index.js';
import { RestoresModule } from '../restores/index.js';
import { CheckedTokens } from './checked-tokens.js';
import { DevicesRepository } from './devices.repository.js';
import { DevicesService } from './devices.service.js';
import { SignInsService } from './sign-ins.service.js';
import { WebSessionsRepository } from './web-sessions.repository.js';
import { WebSessionsService } from './web-sessions.service.js';

@Module({
  imports: [AccountsModule, AuditModule, MailModule, RestoresModule],
  providers: [
    CheckedTokens,
    DevicesRepository,
    DevicesService,
    SignInsService,
    WebSessionsRepository,
    WebSessionsService,
  ],
  exports: [DevicesService, SignInsService, WebSessionsService],
})
export class SessionsModule implements OnModuleInit {
  constructor(
    private readonly devices: DevicesService,
    private readonly browsers: WebSessionsService,
    private readonly changes: CredentialChanges,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.changes.whenChanged(async (accountId, keptSession) => {
      await this.devices.endAllWithin(accountId);
      await this.browsers.endOthersWithin(accountId, keptSession ?? '');
    });
    this.jobs.everyByOne('forget expired devices', HOUR, () => this.devices.forgetExpired());
    this.jobs.everyByOne('forget ended browser sessions', HOUR, () => this.browsers.forgetEnded());
  }
}
