import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR } from '../../shared/clock.js';
import { AccountsModule, CredentialChanges } from '../accounts/index.js';
import { AuditModule } from '../audit/index.js';
import { MailModule } from '../mail/index.js';
import { SessionsModule, SignInsService } from '../sessions/index.js';
import { AccessTokens } from './access-tokens.service.js';
import { AppSignInsRepository } from './app-sign-ins.repository.js';
import { AppSignIns } from './app-sign-ins.service.js';

@Module({
  imports: [AccountsModule, AuditModule, MailModule, SessionsModule],
  providers: [AccessTokens, AppSignIns, AppSignInsRepository],
  exports: [AccessTokens, AppSignIns],
})
export class OauthModule implements OnModuleInit {
  constructor(
    private readonly apps: AppSignIns,
    private readonly signIns: SignInsService,
    private readonly changes: CredentialChanges,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.changes.whenChanged((accountId) => this.apps.endAllWithin(accountId));
    this.signIns.alsoEnd((accountId) => this.apps.endAllWithin(accountId));
    this.jobs.every('forget expired apps', HOUR, () => this.apps.forgetExpired());
  }
}
