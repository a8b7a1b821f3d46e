import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR, MINUTE } from '../../shared/clock.js';
import { AccountsModule, CredentialChanges } from '../accounts/index.js';
import { AuditModule } from '../audit/index.js';
import { MailModule } from '../mail/index.js';
import { CodeKeepers, PinsModule } from '../pins/index.js';
import { RestoresModule } from '../restores/index.js';
import { SessionsModule } from '../sessions/index.js';
import { AccessTokens } from './access-tokens.service.js';
import { AppSignIns } from './app-sign-ins.service.js';
import { ArtifactsRepository } from './artifacts.repository.js';
import { Artifacts } from './artifacts.service.js';
import { AuthorizationServer } from './authorization-server.service.js';
import { CheckedSignIns } from './checked-sign-ins.js';
import { ClientsModule } from './clients.module.js';
import { DeviceCodes } from './device-codes.service.js';
import { Grants } from './grants.service.js';
import { Interactions } from './interactions.service.js';
import { PollPace } from './poll-pace.js';
import { ProviderStorage } from './provider-storage.js';
import { TokenGrants } from './token-grants.service.js';

@Module({
  imports: [
    AccountsModule,
    AuditModule,
    ClientsModule,
    MailModule,
    PinsModule,
    RestoresModule,
    SessionsModule,
  ],
  providers: [
    AccessTokens,
    AppSignIns,
    Artifacts,
    ArtifactsRepository,
    AuthorizationServer,
    CheckedSignIns,
    DeviceCodes,
    Grants,
    Interactions,
    PollPace,
    ProviderStorage,
    TokenGrants,
  ],
  exports: [AccessTokens, AppSignIns, AuthorizationServer, ClientsModule, DeviceCodes, Interactions],
})
export class OauthModule implements OnModuleInit {
  constructor(
    private readonly apps: AppSignIns,
    private readonly artifacts: Artifacts,
    private readonly devices: DeviceCodes,
    private readonly keepers: CodeKeepers,
    private readonly changes: CredentialChanges,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.keepers.alsoFind((code) => this.devices.find(code));
    this.changes.whenChanged(async (accountId) => {
      await this.apps.endAllWithin(accountId);
      await this.artifacts.endAnsweredWithin(accountId);
    });
    this.jobs.everyByOne('forget expired apps', HOUR, () => this.apps.forgetExpired());
    this.jobs.everyByOne('forget expired codes and tokens', 10 * MINUTE, () =>
      this.artifacts.forgetExpired(),
    );
  }
}
