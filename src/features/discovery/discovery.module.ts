import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { SECOND } from '../../shared/clock.js';
import { LinksModule } from '../links/index.js';
import { Directory } from './directory.js';
import { DiscoveryService } from './discovery.service.js';
import { ListWatchers } from './list-watchers.js';

@Module({
  imports: [LinksModule],
  providers: [Directory, DiscoveryService, ListWatchers],
  exports: [DiscoveryService],
})
export class DiscoveryModule implements OnModuleInit {
  constructor(
    private readonly watchers: ListWatchers,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.every('wake who waits for changes', 15 * SECOND, () => {
      this.watchers.wakeUnheard();
      return Promise.resolve();
    });
  }
}
