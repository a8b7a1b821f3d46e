import { Injectable } from '@nestjs/common';
import { IsNull, LessThan, MoreThan, MoreThanOrEqual } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { ServerId } from '../../shared/ids.js';
import { InvitationEntity, MissedLookupEntity } from './invitation.entity.js';

export type MissedLookup = Pick<MissedLookupEntity, 'id' | 'emailKey' | 'network' | 'serverId' | 'at'>;
export type StoredInvitation = Omit<InvitationEntity, 'usedAt'>;

/** Whose invitations are counted; with nothing named, everybody's. */
export interface CountedBy {
  readonly emailKey?: string;
  readonly serverId?: ServerId;
  readonly network?: string;
}

@Injectable()
export class InvitationsRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async addMissedLookup(lookup: MissedLookup): Promise<void> {
    await this.unitOfWork.writing.insert(MissedLookupEntity, lookup);
  }

  /** The server that last looked this address up in vain from this network. */
  async findMissedLookup(emailKey: string, network: string, since: number): Promise<MissedLookup | null> {
    const where = { emailKey, network, at: MoreThanOrEqual(since) };
    return this.unitOfWork.reading.findOne(MissedLookupEntity, { where, order: { at: 'DESC' } });
  }

  async removeMissedLookupsBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(MissedLookupEntity, { at: LessThan(time) });
  }

  async add(invitation: StoredInvitation): Promise<void> {
    await this.unitOfWork.writing.insert(InvitationEntity, { ...invitation, usedAt: null });
  }

  countSince(by: CountedBy, since: number): Promise<number> {
    return this.unitOfWork.reading.countBy(InvitationEntity, { ...by, createdAt: MoreThanOrEqual(since) });
  }

  findLive(digest: string, now: number): Promise<StoredInvitation | null> {
    const live = { digest, usedAt: IsNull(), expiresAt: MoreThan(now) };
    return this.unitOfWork.reading.findOneBy(InvitationEntity, live);
  }

  /** @returns false if it was used or is too old */
  async use(digest: string, now: number): Promise<boolean> {
    const live = { digest, usedAt: IsNull(), expiresAt: MoreThan(now) };
    return (await this.unitOfWork.writing.update(InvitationEntity, live, { usedAt: now })).affected === 1;
  }

  async removeCreatedBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(InvitationEntity, { createdAt: LessThan(time) });
  }
}
