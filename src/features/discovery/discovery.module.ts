import { Module } from '@nestjs/common';
import { LinksModule } from '../links/index.js';
import { DiscoveryService } from './discovery.service.js';

@Module({ imports: [LinksModule], providers: [DiscoveryService], exports: [DiscoveryService] })
export class DiscoveryModule {}
