import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { ServerId } from '../../shared/ids.js';

/** A server looked an e-mail address up and was told that nobody has it; what an invitation must follow (W8). */
@Entity('missed_lookups')
@Index('missed_lookups_email_key', ['emailKey', 'network'])
export class MissedLookupEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'missed_lookups_pk' })
  id!: string;

  @Column('varchar', { name: 'email_key', length: 254 })
  emailKey!: string;

  @Column('varchar', { length: 64 })
  network!: string;

  @ForeignKey('ServerEntity', { name: 'missed_lookups_server', onDelete: 'CASCADE' })
  @Column('varchar', { name: 'server_id', length: 32 })
  serverId!: ServerId;

  @Index('missed_lookups_at')
  @Column('bigint')
  at!: number;
}

/** A mail to somebody without an account, asking them to sign up. */
@Entity('invitations')
@Index('invitations_email_key', ['emailKey', 'createdAt'])
@Index('invitations_server_id', ['serverId', 'createdAt'])
@Index('invitations_network', ['network', 'createdAt'])
export class InvitationEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'invitations_pk' })
  id!: string;

  @Index('invitations_digest', { unique: true })
  @Column('varchar', { length: 64 })
  digest!: string;

  @Column('varchar', { length: 254 })
  email!: string;

  @Column('varchar', { name: 'email_key', length: 254 })
  emailKey!: string;

  @ForeignKey('ServerEntity', { name: 'invitations_server', onDelete: 'CASCADE' })
  @Column('varchar', { name: 'server_id', length: 32 })
  serverId!: ServerId;

  @Column('varchar', { length: 64 })
  network!: string;

  /** User name of the inviting admin where that is known to be true, else null. */
  @Column('varchar', { length: 64, nullable: true })
  requester!: string | null;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Column('bigint', { name: 'expires_at' })
  expiresAt!: number;

  @Column('bigint', { name: 'used_at', nullable: true })
  usedAt!: number | null;
}
