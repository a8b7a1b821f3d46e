import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { RestoreEntity } from './restore.entity.js';

export type Restore = Readonly<RestoreEntity>;

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
}
