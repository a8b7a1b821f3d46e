import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AccountId, DeviceId } from '../../shared/ids.js';

@Entity('device_tokens')
export class DeviceTokenEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'device_tokens_pk' })
  id!: DeviceId;

  @Index('device_tokens_digest', { unique: true })
  @Column('varchar', { length: 64 })
  digest!: string;

  @ForeignKey('AccountEntity', { name: 'device_tokens_account', onDelete: 'CASCADE' })
  @Index('device_tokens_account_id')
  @Column('varchar', { name: 'account_id', length: 16 })
  accountId!: AccountId;

  @Column('varchar', { length: 128 })
  app!: string;

  @Column('varchar', { length: 128 })
  name!: string;

  @Column('varchar', { length: 64 })
  network!: string;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Column('bigint', { name: 'last_used_at' })
  lastUsedAt!: number;
}
