import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { DatabaseEpochEntity } from './database-epoch.entity.js';
import { RestoreEntity } from './restore.entity.js';

export type Restore = Readonly<RestoreEntity>;
type StoredEpoch = Readonly<DatabaseEpochEntity>;

@Injectable()
export class RestoresRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** All of them, the last one first. */
  all(): Promise<Restore[]> {
    return this.unitOfWork.reading.find(RestoreEntity, { order: { restoredAt: 'DESC', id: 'ASC' } });
  }

  async add(restore: Restore): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.unitOfWork.writing.insert(RestoreEntity, restore);
    });
  }

  /** Takes every hold off. */
  async accept(at: number): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.unitOfWork.writing.update(RestoreEntity, { acceptedAt: IsNull() }, { acceptedAt: at });
    });
  }

  /** The epoch in which brokers wrote last. */
  async epoch(): Promise<StoredEpoch | null> {
    const [row] = await this.unitOfWork.reading.find(DatabaseEpochEntity);
    return row ?? null;
  }

  /**
   * Decides over a new epoch in one go, so that of several nodes one does.
   *
   * @param decide the hold that follows, or null; called only if there was another one before, or `isOlder`
   */
  async enter(
    { isOlder, ...now }: StoredEpoch & { readonly isOlder: boolean },
    decide: (before: StoredEpoch) => Restore | null,
  ): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.unitOfWork.exclusive('database epoch');
      const before = await this.epoch();
      if (before && isSame(before, now) && !isOlder) return;
      if (before) await this.unitOfWork.writing.delete(DatabaseEpochEntity, { system: before.system });
      await this.unitOfWork.writing.insert(DatabaseEpochEntity, now);
      const hold = before && decide(before);
      if (hold && !(await this.#isHeld())) await this.add(hold);
    });
  }

  #isHeld(): Promise<boolean> {
    return this.unitOfWork.reading.existsBy(RestoreEntity, { acceptedAt: IsNull() });
  }
}

function isSame(one: StoredEpoch, other: StoredEpoch): boolean {
  return one.system === other.system && one.timeline === other.timeline;
}
