import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR } from '../../shared/clock.js';
import { AccountsModule } from '../accounts/index.js';
import { DevicesRepository } from './devices.repository.js';
import { DevicesService } from './devices.service.js';

@Module({
  imports: [AccountsModule],
  providers: [DevicesRepository, DevicesService],
  exports: [DevicesService],
})
export class SessionsModule implements OnModuleInit {
  constructor(
    private readonly devices: DevicesService,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.every('forget expired devices', HOUR, () => this.devices.forgetExpired());
  }
}
