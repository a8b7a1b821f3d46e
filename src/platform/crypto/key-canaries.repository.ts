import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../database/unit-of-work.js';
import { KeyCanaryEntity } from './key-canary.entity.js';

export type KeyCanary = Pick<KeyCanaryEntity, 'keyId' | 'use' | 'value'>;

@Injectable()
export class KeyCanariesRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  all(): Promise<KeyCanary[]> {
    return this.unitOfWork.reading.find(KeyCanaryEntity);
  }

  async add(canaries: readonly KeyCanary[]): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.unitOfWork.writing.insert(KeyCanaryEntity, [...canaries]);
    });
  }
}
