import { Module, type OnModuleInit } from '@nestjs/common';
import { Readiness } from '../../platform/http/readiness.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { gauge } from '../../platform/metrics/metrics.js';
import { HOUR, SECOND } from '../../shared/clock.js';
import { Failovers } from './failovers.service.js';
import { RestoreHold } from './restore-hold.service.js';
import { RestoresRepository } from './restores.repository.js';

const held = gauge({
  name: 'signpost_restore_hold',
  help: '1 while a restored backup, or a standby that took over, waits for `signpost restore accept` and media servers and devices are told 503.',
  labels: {},
});

@Module({ providers: [RestoresRepository, RestoreHold, Failovers], exports: [RestoreHold] })
export class RestoresModule implements OnModuleInit {
  constructor(
    private readonly hold: RestoreHold,
    private readonly failovers: Failovers,
    private readonly readiness: Readiness,
    private readonly jobs: Jobs,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.failovers.begin();
    await this.hold.read();
    // Ready all the same: people sign in, and servers are told when to come back by the broker itself.
    held.readBy({}, () => Number(this.hold.isHeld));
    this.readiness.mention('restore-hold', () => this.hold.isHeld);
    this.jobs.every('look for a restore hold', SECOND, () => this.hold.readIfPossible());
    this.jobs.every('look for another database', SECOND, () => this.failovers.look());
    this.jobs.every('warn of a restore hold', HOUR, () => {
      this.hold.warn();
      return Promise.resolve();
    });
  }
}
