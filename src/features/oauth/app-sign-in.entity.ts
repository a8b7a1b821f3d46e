import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AccountId } from '../../shared/ids.js';

@Entity('app_sign_ins')
@Index('app_sign_ins_account_id', ['accountId', 'lastUsedAt'])
export class AppSignInEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'app_sign_ins_pk' })
  id!: string;

  @ForeignKey('AccountEntity', { name: 'app_sign_ins_account', onDelete: 'CASCADE' })
  @Column('varchar', { name: 'account_id', length: 16 })
  accountId!: AccountId;

  @Index('app_sign_ins_client_id')
  @Column('varchar', { name: 'client_id', length: 64 })
  clientId!: string;

  @Column('varchar', { name: 'app_name', length: 128 })
  appName!: string;

  @Column('varchar', { name: 'device_name', length: 128 })
  deviceName!: string;

  @Column('varchar', { length: 64 })
  network!: string;

  /** Separated by blanks. */
  @Column('varchar', { length: 255 })
  scopes!: string;

  @Index('app_sign_ins_created_at')
  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Index('app_sign_ins_last_used_at')
  @Column('bigint', { name: 'last_used_at' })
  lastUsedAt!: number;
}
