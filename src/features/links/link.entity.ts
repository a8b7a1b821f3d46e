import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import type { LinkKind, LinkState } from './link.js';

@Entity('links')
@Index('links_live', ['serverId', 'accountId'], { unique: true, where: 'ended_at IS NULL' })
@Index('links_key_mac', ['serverId', 'keyMac'], { unique: true })
// On SQLite alone (P-4), so it is made by its migration and compared by nobody.
@Index('links_of_account', { synchronize: false })
export class LinkEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'links_pk' })
  id!: LinkId;

  @ForeignKey('ServerEntity', { name: 'links_server', onDelete: 'CASCADE' })
  @Column('varchar', { name: 'server_id', length: 32 })
  serverId!: ServerId;

  @ForeignKey('AccountEntity', { name: 'links_account', onDelete: 'CASCADE' })
  @Index('links_account_id')
  @Column('varchar', { name: 'account_id', length: 16 })
  accountId!: AccountId;

  @Column('varchar', { length: 8 })
  kind!: LinkKind;

  @Column('varchar', { length: 16 })
  state!: LinkState;

  /** The link key, sealed; null once the link has ended (S-51). */
  @Column('varchar', { name: 'sealed_key', length: 512, nullable: true })
  sealedKey!: string | null;

  /** To notice a key that this server used before (S-52), without reading it. */
  @Column('varchar', { name: 'key_mac', length: 64 })
  keyMac!: string;

  /** User name of the admin who invited, where that is known to be true. */
  @Column('varchar', { length: 64, nullable: true })
  requester!: string | null;

  /** Digest of the secret in the mail that asks for an answer. */
  @Index('links_answer_digest', { unique: true })
  @Column('varchar', { name: 'answer_digest', length: 64, nullable: true })
  answerDigest!: string | null;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Column('bigint', { name: 'accepted_at', nullable: true })
  acceptedAt!: number | null;

  /** When a waiting link lapses; null for one that was accepted before. */
  @Index('links_expires_at')
  @Column('bigint', { name: 'expires_at', nullable: true })
  expiresAt!: number | null;

  @Column('bigint', { name: 'ended_at', nullable: true })
  endedAt!: number | null;
}
