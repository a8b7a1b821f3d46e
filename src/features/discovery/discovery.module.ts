import { Module } from '@nestjs/common';
import { LinksModule } from '../links/index.js';
import { DiscoveryService } from './discovery.service.js';
import { ListChanges } from './list-changes.js';

@Module({
  imports: [LinksModule],
  providers: [DiscoveryService, ListChanges],
  exports: [DiscoveryService, ListChanges],
})
export class DiscoveryModule {}
