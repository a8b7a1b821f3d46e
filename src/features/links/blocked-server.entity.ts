import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import type { AccountId, ServerId } from '../../shared/ids.js';

/** A server from which a person wants no more links (W9). */
@Entity('blocked_servers')
export class BlockedServerEntity {
  @ForeignKey('AccountEntity', { name: 'blocked_servers_account', onDelete: 'CASCADE' })
  @PrimaryColumn('varchar', {
    name: 'account_id',
    length: 16,
    primaryKeyConstraintName: 'blocked_servers_pk',
  })
  accountId!: AccountId;

  @ForeignKey('ServerEntity', { name: 'blocked_servers_server', onDelete: 'CASCADE' })
  @PrimaryColumn('varchar', { name: 'server_id', length: 32, primaryKeyConstraintName: 'blocked_servers_pk' })
  serverId!: ServerId;

  @Column('bigint', { name: 'blocked_at' })
  blockedAt!: number;
}
