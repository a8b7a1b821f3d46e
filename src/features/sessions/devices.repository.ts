import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { Changes } from '../../platform/changes/changes.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId, DeviceId } from '../../shared/ids.js';
import type { Device, Lifetimes } from './device.js';
import { DeviceTokenEntity } from './device-token.entity.js';

@Injectable()
export class DevicesRepository {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {}

  findByDigest(digest: string): Promise<Device | null> {
    return this.unitOfWork.reading.findOneBy(DeviceTokenEntity, { digest });
  }

  /** The one idle longest first. */
  of(accountId: AccountId): Promise<Device[]> {
    return this.unitOfWork.reading.find(DeviceTokenEntity, {
      where: { accountId },
      order: { lastUsedAt: 'ASC' },
    });
  }

  async add(device: Device, digest: string): Promise<void> {
    await this.unitOfWork.writing.insert(DeviceTokenEntity, { ...device, digest });
  }

  async markUsed(id: DeviceId, lastUsedAt: number): Promise<void> {
    await this.unitOfWork.writing.update(DeviceTokenEntity, { id }, { lastUsedAt });
  }

  async remove(id: DeviceId): Promise<void> {
    const device = await this.unitOfWork.reading.findOneBy(DeviceTokenEntity, { id });
    if (!device) return;
    await this.unitOfWork.writing.delete(DeviceTokenEntity, { id });
    this.changes.note('account', device.accountId);
  }

  async removeExpired({ idle, absolute }: Lifetimes, now: number): Promise<void> {
    const { writing } = this.unitOfWork;
    await writing.delete(DeviceTokenEntity, { lastUsedAt: LessThan(now - idle) });
    await writing.delete(DeviceTokenEntity, { createdAt: LessThan(now - absolute) });
  }
}
