import { Module } from '@nestjs/common';
import { ServersRepository } from './servers.repository.js';
import { ServersService } from './servers.service.js';

@Module({ providers: [ServersRepository, ServersService], exports: [ServersService] })
export class ServersModule {}
