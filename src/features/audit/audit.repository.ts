import { Injectable } from '@nestjs/common';
import { LessThan, MoreThanOrEqual, Not } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { AuditEventEntity } from './audit-event.entity.js';

export type RecordedEvent = Readonly<AuditEventEntity>;

@Injectable()
export class AuditRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async add(event: RecordedEvent): Promise<void> {
    await this.unitOfWork.writing.insert(AuditEventEntity, event);
  }

  ofAccount(accountId: AccountId, since: number, most: number): Promise<RecordedEvent[]> {
    const where = { accountId, at: MoreThanOrEqual(since) };
    return this.unitOfWork.reading.find(AuditEventEntity, {
      where,
      order: { at: 'DESC', id: 'ASC' },
      take: most,
    });
  }

  async removeBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(AuditEventEntity, { at: LessThan(time) });
  }

  async forgetNetworksBefore(time: number): Promise<void> {
    const old = { at: LessThan(time), network: Not('') };
    await this.unitOfWork.writing.update(AuditEventEntity, old, { network: '' });
  }
}
