import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { MINUTE } from '../../shared/clock.js';
import { AccountsModule, CredentialChanges } from '../accounts/index.js';
import { AuditModule } from '../audit/index.js';
import { MailModule } from '../mail/index.js';
import { SessionsModule } from '../sessions/index.js';
import { CodeKeepers } from './code-keepers.js';
import { PinAnswers } from './pin-answers.service.js';
import { PinGuesses } from './pin-guesses.service.js';
import { PinsRepository } from './pins.repository.js';
import { PinsService } from './pins.service.js';

@Module({
  imports: [AccountsModule, SessionsModule, MailModule, AuditModule],
  providers: [CodeKeepers, PinAnswers, PinGuesses, PinsRepository, PinsService],
  exports: [CodeKeepers, PinAnswers, PinsService],
})
export class PinsModule implements OnModuleInit {
  constructor(
    private readonly pins: PinsService,
    private readonly changes: CredentialChanges,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.changes.whenChanged((accountId) => this.pins.endConfirmedWithin(accountId));
    this.jobs.everyByOne('forget expired PINs', 10 * MINUTE, () => this.pins.forgetExpired());
  }
}
