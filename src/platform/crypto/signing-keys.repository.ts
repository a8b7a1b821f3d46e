import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { UnitOfWork } from '../database/unit-of-work.js';
import { KeyRing } from './key-ring.js';
import type { KeptSigningKey } from './signing-key.js';
import { SigningKeyEntity } from './signing-key.entity.js';

/** Signing keys in the database, each sealed by the key ring in its place: neither signs without the other. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly ring: KeyRing,
  ) {}

  /** The oldest first. @throws SealBroken */
  async all(): Promise<KeptSigningKey[]> {
    const rows = await this.unitOfWork.reading.find(SigningKeyEntity, {
      order: { activeFrom: 'ASC', id: 'ASC' },
    });
    return rows.map(({ sealed, ...key }) => ({ ...key, privateKey: this.ring.open(sealed, placeOf(key)) }));
  }

  /** Runs `work` in a unit of work during which nobody else adds or removes any. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.unitOfWork.run(async () => {
      await this.unitOfWork.exclusive('signing-keys');
      return work();
    });
  }

  async add(keys: readonly KeptSigningKey[]): Promise<void> {
    const rows = keys.map(({ privateKey, ...key }) => ({
      ...key,
      sealed: this.ring.seal(privateKey, placeOf(key)),
    }));
    await this.unitOfWork.writing.insert(SigningKeyEntity, rows);
  }

  async remove(keys: readonly KeptSigningKey[]): Promise<void> {
    await this.unitOfWork.writing.delete(SigningKeyEntity, { id: In(keys.map(({ id }) => id)) });
  }
}

function placeOf({ id, algorithm, activeFrom }: Omit<KeptSigningKey, 'privateKey'>): readonly string[] {
  return ['signing-key', id, algorithm, String(activeFrom)];
}
