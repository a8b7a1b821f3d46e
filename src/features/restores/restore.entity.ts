import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A backup that was restored into this database, or another copy that took its place. */
@Entity('restores')
export class RestoreEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'restores_pk' })
  id!: string;

  @Column('bigint', { name: 'backup_created_at' })
  backupCreatedAt!: number;

  @Column('bigint', { name: 'restored_at' })
  restoredAt!: number;

  /** When the operator said that it may count; null as long as it holds the broker. */
  @Column('bigint', { name: 'accepted_at', nullable: true })
  acceptedAt!: number | null;
}
