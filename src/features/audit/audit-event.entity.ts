import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AccountId, ServerId } from '../../shared/ids.js';

/** No foreign keys: what happened stays, under a bare id, when the account or server is gone (S-142). */
@Entity('audit_events')
@Index('audit_events_account_id', ['accountId', 'at'])
@Index('audit_events_server_id', ['serverId', 'at'])
export class AuditEventEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'audit_events_pk' })
  id!: string;

  @Index('audit_events_at')
  @Column('bigint')
  at!: number;

  @Column('varchar', { length: 32 })
  kind!: string;

  @Column('varchar', { length: 16 })
  outcome!: string;

  @Column('varchar', { name: 'account_id', length: 16, nullable: true })
  accountId!: AccountId | null;

  @Column('varchar', { name: 'server_id', length: 32, nullable: true })
  serverId!: ServerId | null;

  @Column('varchar', { length: 64 })
  network!: string;

  @Column('varchar', { name: 'request_id', length: 64 })
  requestId!: string;

  @Column('varchar', { length: 255 })
  detail!: string;
}
