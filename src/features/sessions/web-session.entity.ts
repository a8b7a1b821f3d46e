import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AccountId } from '../../shared/ids.js';

@Entity('web_sessions')
export class WebSessionEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'web_sessions_pk' })
  id!: string;

  @Index('web_sessions_digest', { unique: true })
  @Column('varchar', { length: 64 })
  digest!: string;

  @ForeignKey('AccountEntity', { name: 'web_sessions_account', onDelete: 'CASCADE' })
  @Index('web_sessions_account_id')
  @Column('varchar', { name: 'account_id', length: 16 })
  accountId!: AccountId;

  @Column('varchar', { length: 128 })
  browser!: string;

  @Column('varchar', { length: 64 })
  network!: string;

  @Column('boolean')
  persistent!: boolean;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Index('web_sessions_last_used_at')
  @Column('bigint', { name: 'last_used_at' })
  lastUsedAt!: number;

  @Column('bigint', { name: 'authenticated_at' })
  authenticatedAt!: number;
}
