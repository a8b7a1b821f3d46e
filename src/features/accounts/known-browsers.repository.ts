import { Injectable } from '@nestjs/common';
import { In, LessThan, MoreThan } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { KnownBrowserEntity } from './account.entity.js';

@Injectable()
export class KnownBrowsersRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  isKnown(accountId: AccountId, digest: string, since: number): Promise<boolean> {
    const where = { accountId, digest, lastSuccessAt: MoreThan(since) };
    return this.unitOfWork.reading.existsBy(KnownBrowserEntity, where);
  }

  /** Newest first. */
  of(accountId: AccountId): Promise<KnownBrowserEntity[]> {
    return this.unitOfWork.reading.find(KnownBrowserEntity, {
      where: { accountId },
      order: { lastSuccessAt: 'DESC' },
    });
  }

  /** The same browser under another secret, for every account that is known in it. */
  async replace(digest: string, fresh: string): Promise<void> {
    await this.unitOfWork.writing.update(KnownBrowserEntity, { digest }, { digest: fresh });
  }

  async remember(accountId: AccountId, digest: string, now: number): Promise<void> {
    await this.unitOfWork.writing.upsert(KnownBrowserEntity, { accountId, digest, lastSuccessAt: now }, [
      'accountId',
      'digest',
    ]);
  }

  /** Keeps the newest ones. */
  async removeSurplus(accountId: AccountId, most: number): Promise<void> {
    const surplus = (await this.of(accountId)).slice(most).map(({ digest }) => digest);
    if (surplus.length === 0) return;
    await this.unitOfWork.writing.delete(KnownBrowserEntity, { accountId, digest: In(surplus) });
  }

  async removeOf(accountId: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(KnownBrowserEntity, { accountId });
  }

  async removeBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(KnownBrowserEntity, { lastSuccessAt: LessThan(time) });
  }
}
