import { Module, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { HOUR } from '../../shared/clock.js';
import { AuditTrail } from './audit-trail.service.js';
import { AuditRepository } from './audit.repository.js';

@Module({ providers: [AuditRepository, AuditTrail], exports: [AuditTrail] })
export class AuditModule implements OnModuleInit {
  constructor(
    private readonly trail: AuditTrail,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.everyByOne('forget old audit events', HOUR, () => this.trail.forgetOld());
  }
}
