import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR } from '../../shared/clock.js';
import { MailModule } from '../mail/index.js';
import { AccountsRepository } from './accounts.repository.js';
import { AccountsService } from './accounts.service.js';
import { SignUpService } from './sign-up.service.js';
import { VerificationService } from './verification.service.js';

@Module({
  imports: [MailModule],
  providers: [AccountsRepository, AccountsService, SignUpService, VerificationService],
  exports: [AccountsService, SignUpService, VerificationService],
})
export class AccountsModule implements OnModuleInit {
  constructor(
    private readonly accounts: AccountsService,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.every('forget unverified accounts', HOUR, () => this.accounts.forgetUnverified());
  }
}
