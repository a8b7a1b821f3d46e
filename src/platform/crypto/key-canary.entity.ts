import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row per key ever used: a known text under that key, to notice at start that ring and data do not fit. */
@Entity('key_canaries')
export class KeyCanaryEntity {
  @PrimaryColumn('varchar', { name: 'key_id', length: 32, primaryKeyConstraintName: 'key_canaries_pk' })
  keyId!: string;

  @Column('varchar', { length: 16 })
  use!: string;

  @Column('varchar', { length: 64 })
  value!: string;
}
