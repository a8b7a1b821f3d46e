import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR } from '../../shared/clock.js';
import { AuditModule } from '../audit/index.js';
import { MailModule } from '../mail/index.js';
import { AccountClosingService } from './account-closing.service.js';
import { AccountMailLimits } from './account-mail-limits.js';
import { AccountsRepository } from './accounts.repository.js';
import { AccountsService } from './accounts.service.js';
import { AddressChangeService } from './address-change.service.js';
import { Beat } from './beat.js';
import { CredentialChanges } from './credential-changes.js';
import { KnownBrowsersRepository } from './known-browsers.repository.js';
import { KnownBrowsers } from './known-browsers.service.js';
import { KnownNetworksRepository } from './known-networks.repository.js';
import { PasswordChange } from './password-change.service.js';
import { PasswordPolicy } from './password-policy.js';
import { PasswordsService } from './passwords.service.js';
import { RecoveryService } from './recovery.service.js';
import { SetupService } from './setup.service.js';
import { SignInLimits } from './sign-in-limits.service.js';
import { SignInService } from './sign-in.service.js';
import { SignUpService } from './sign-up.service.js';
import { VerificationService } from './verification.service.js';

@Module({
  imports: [MailModule, AuditModule],
  providers: [
    AccountClosingService,
    AccountMailLimits,
    AddressChangeService,
    Beat,
    CredentialChanges,
    PasswordChange,
    PasswordPolicy,
    RecoveryService,
    AccountsRepository,
    AccountsService,
    KnownBrowsers,
    KnownBrowsersRepository,
    KnownNetworksRepository,
    PasswordsService,
    SetupService,
    SignInLimits,
    SignInService,
    SignUpService,
    VerificationService,
  ],
  exports: [
    AccountClosingService,
    AccountsService,
    AddressChangeService,
    CredentialChanges,
    KnownBrowsers,
    PasswordChange,
    PasswordPolicy,
    RecoveryService,
    SetupService,
    SignInLimits,
    SignInService,
    SignUpService,
    VerificationService,
  ],
})
export class AccountsModule implements OnModuleInit {
  constructor(
    private readonly accounts: AccountsService,
    private readonly limits: SignInLimits,
    private readonly browsers: KnownBrowsers,
    private readonly changes: CredentialChanges,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.changes.whenChanged((accountId) => this.browsers.forgetAllWithin(accountId));
    this.jobs.everyByOne('forget unverified accounts', HOUR, () => this.accounts.forgetUnverified());
    this.jobs.everyByOne('forget old networks', HOUR, () => this.limits.forgetOldNetworks());
    this.jobs.everyByOne('forget old browsers', HOUR, () => this.browsers.forgetOld());
  }
}
