import { Injectable } from '@nestjs/common';
import { LessThan, MoreThan } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { PinEntity } from './pin.entity.js';
import type { Pin } from './pin.js';

export type StoredPin = Pin & Pick<PinEntity, 'codeMac' | 'handleDigest'>;

@Injectable()
export class PinsRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  findByCode(codeMac: string): Promise<StoredPin | null> {
    return this.unitOfWork.reading.findOneBy(PinEntity, { codeMac });
  }

  countLive(network: string, now: number): Promise<number> {
    return this.unitOfWork.reading.countBy(PinEntity, { network, expiresAt: MoreThan(now) });
  }

  async add(pin: StoredPin): Promise<void> {
    await this.unitOfWork.writing.insert(PinEntity, pin);
  }

  /** @returns false if it is not pending any more, or too old (R-17, S-42) */
  async confirm(id: string, accountId: AccountId, now: number): Promise<boolean> {
    const pending = { id, state: 'pending' as const, expiresAt: MoreThan(now) };
    const change = { state: 'confirmed' as const, accountId };
    return (await this.unitOfWork.writing.update(PinEntity, pending, change)).affected === 1;
  }

  /** @returns false if somebody else was first, or it is too old (R-17, S-42) */
  async exchange(id: string, now: number): Promise<boolean> {
    const confirmed = { id, state: 'confirmed' as const, expiresAt: MoreThan(now) };
    return (
      (await this.unitOfWork.writing.update(PinEntity, confirmed, { state: 'exchanged' })).affected === 1
    );
  }

  /** Sends a waiting device away. @returns false if it does not wait any more */
  async remove(id: string): Promise<boolean> {
    const pending = { id, state: 'pending' as const };
    return (await this.unitOfWork.writing.delete(PinEntity, pending)).affected === 1;
  }

  /** Ends every PIN that somebody confirmed for this account. Inside a unit of work. */
  async removeOf(accountId: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(PinEntity, { accountId });
  }

  /** @returns how many of them were never exchanged */
  async removeExpiredBefore(time: number): Promise<number> {
    const expired = { expiresAt: LessThan(time) };
    await this.unitOfWork.writing.delete(PinEntity, { ...expired, state: 'exchanged' });
    return (await this.unitOfWork.writing.delete(PinEntity, expired)).affected ?? 0;
  }
}
