import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { SECOND } from '../../shared/clock.js';
import { LinksModule } from '../links/index.js';
import { Directory } from './directory.js';
import { DiscoveryService } from './discovery.service.js';
import { FirstLooksRepository } from './first-looks.repository.js';
import { ListChanges } from './list-changes.js';
import { ListsAhead } from './lists-ahead.js';

@Module({
  imports: [LinksModule],
  providers: [Directory, DiscoveryService, FirstLooksRepository, ListChanges, ListsAhead],
  exports: [DiscoveryService, ListChanges, ListsAhead],
})
export class DiscoveryModule implements OnModuleInit {
  constructor(
    private readonly waiting: ListChanges,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.every('tell who waits for changes that are not heard', 15 * SECOND, () => {
      this.waiting.tellUnheard();
      return Promise.resolve();
    });
  }
}
