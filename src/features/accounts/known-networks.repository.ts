import { Injectable } from '@nestjs/common';
import { LessThan, MoreThanOrEqual } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { HOUR } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { KnownNetworkEntity } from './account.entity.js';

@Injectable()
export class KnownNetworksRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  isKnown(accountId: AccountId, network: string, since: number): Promise<boolean> {
    const where = { accountId, network, lastSuccessAt: MoreThanOrEqual(since) };
    return this.unitOfWork.reading.existsBy(KnownNetworkEntity, where);
  }

  /** Newest first. */
  of(accountId: AccountId): Promise<KnownNetworkEntity[]> {
    return this.unitOfWork.reading.find(KnownNetworkEntity, {
      where: { accountId },
      order: { lastSuccessAt: 'DESC' },
    });
  }

  /** To the hour: signing in often must not write often. */
  async remember(accountId: AccountId, network: string, now: number): Promise<void> {
    const known = await this.unitOfWork.reading.findOneBy(KnownNetworkEntity, { accountId, network });
    if (known && now - known.lastSuccessAt < HOUR) return;
    await this.unitOfWork.writing.upsert(KnownNetworkEntity, { accountId, network, lastSuccessAt: now }, [
      'accountId',
      'network',
    ]);
  }

  async removeOf(accountId: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(KnownNetworkEntity, { accountId });
  }

  async removeBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(KnownNetworkEntity, { lastSuccessAt: LessThan(time) });
  }
}
