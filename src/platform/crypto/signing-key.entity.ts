import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SigningAlgorithm } from './signing-keys.js';

/** A key that signs tokens, has signed or will sign them (S-55). */
@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'signing_keys_pk' })
  id!: string;

  @Column('varchar', { length: 16 })
  algorithm!: SigningAlgorithm;

  @Column('bigint', { name: 'active_from' })
  activeFrom!: number;

  /** The private key, encrypted under the key ring: the database alone signs nothing (S-54). */
  @Column('text')
  sealed!: string;
}
