import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { OpsListener } from './ops-listener.service.js';

@Module({ controllers: [HealthController], providers: [OpsListener], exports: [OpsListener] })
export class OpsModule {}
