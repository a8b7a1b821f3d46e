import { Injectable } from '@nestjs/common';
import { IsNull, LessThan, MoreThan } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { ArtifactEntity } from './artifact.entity.js';

export type Artifact = Readonly<ArtifactEntity>;

/** An artifact that was not used yet. */
export type FreshArtifact = Omit<Artifact, 'consumedAt'>;

@Injectable()
export class ArtifactsRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  find(digest: string): Promise<Artifact | null> {
    return this.unitOfWork.reading.findOneBy(ArtifactEntity, { digest });
  }

  findByUid(uidDigest: string): Promise<Artifact | null> {
    return this.unitOfWork.reading.findOneBy(ArtifactEntity, { uidDigest });
  }

  findByUserCode(userCodeMac: string): Promise<Artifact | null> {
    return this.unitOfWork.reading.findOneBy(ArtifactEntity, { userCodeMac });
  }

  /** Over the one of the same digest, if there is one; that it was consumed stays. */
  async put(artifact: FreshArtifact): Promise<void> {
    await this.unitOfWork.writing.upsert(ArtifactEntity, artifact, ['digest']);
  }

  /** Changes nothing if there is one of the same digest. */
  async putIfAbsent(artifact: FreshArtifact): Promise<void> {
    const insert = this.unitOfWork.writing.createQueryBuilder().insert().into(ArtifactEntity);
    await insert
      .values({ ...artifact, consumedAt: null })
      .orIgnore()
      .execute();
  }

  /** @returns false if it was consumed before */
  async consume(digest: string, consumedAt: number): Promise<boolean> {
    const unused = { digest, consumedAt: IsNull() };
    return (await this.unitOfWork.writing.update(ArtifactEntity, unused, { consumedAt })).affected === 1;
  }

  /** A person has answered for a waiting device. @returns false if somebody was first, or it is too old */
  async answer(
    digest: string,
    answer: { readonly accountId: AccountId; readonly sealed: string },
    now: number,
  ): Promise<boolean> {
    const waiting = { digest, accountId: IsNull(), consumedAt: IsNull(), expiresAt: MoreThan(now) };
    return (await this.unitOfWork.writing.update(ArtifactEntity, waiting, answer)).affected === 1;
  }

  async remove(digest: string): Promise<void> {
    await this.unitOfWork.writing.delete(ArtifactEntity, { digest });
  }

  async removeOfSignIn(signInId: string, kind: string): Promise<void> {
    await this.unitOfWork.writing.delete(ArtifactEntity, { signInId, kind });
  }

  /** What somebody was asked for and has answered. */
  async removeOfAccount(accountId: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(ArtifactEntity, { accountId });
  }

  async removeExpiredBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(ArtifactEntity, { expiresAt: LessThan(time) });
  }
}
