import { Module, type OnModuleInit } from '@nestjs/common';
import { Readiness } from '../../platform/http/readiness.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR, SECOND } from '../../shared/clock.js';
import { RestoreHold } from './restore-hold.service.js';
import { RestoresRepository } from './restores.repository.js';

@Module({ providers: [RestoresRepository, RestoreHold], exports: [RestoreHold] })
export class RestoresModule implements OnModuleInit {
  constructor(
    private readonly hold: RestoreHold,
    private readonly readiness: Readiness,
    private readonly jobs: Jobs,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.hold.read();
    // Ready all the same: people sign in, and servers are told when to come back by the broker itself.
    this.readiness.mention('restore-hold', () => this.hold.isHeld);
    this.jobs.every('look for a restore hold', SECOND, () => this.hold.readIfPossible());
    this.jobs.every('warn of a restore hold', HOUR, () => {
      this.hold.warn();
      return Promise.resolve();
    });
  }
}
