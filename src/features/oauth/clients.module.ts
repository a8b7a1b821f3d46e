import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { AppSignInsRepository } from './app-sign-ins.repository.js';
import { ClientsRepository } from './clients.repository.js';
import { Clients } from './clients.service.js';

/** Clients alone, for the operator's commands, which run beside a broker and must do nothing else. */
@Module({
  imports: [AuditModule],
  providers: [AppSignInsRepository, Clients, ClientsRepository],
  exports: [AppSignInsRepository, Clients],
})
export class ClientsModule {}
