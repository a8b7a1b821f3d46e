import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { RestoresModule } from '../restores/index.js';
import { KnownServers } from './known-servers.js';
import { ServersRepository } from './servers.repository.js';
import { ServersService } from './servers.service.js';

@Module({
  imports: [AuditModule, RestoresModule],
  providers: [KnownServers, ServersRepository, ServersService],
  exports: [ServersService],
})
export class ServersModule {}
