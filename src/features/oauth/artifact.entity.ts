import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AccountId } from '../../shared/ids.js';

/** Something that the authorization server keeps between two requests: a code, a token, a session. */
@Entity('oauth_artifacts')
export class ArtifactEntity {
  /** Of kind and value: the value itself is nowhere (S-50). */
  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'oauth_artifacts_pk' })
  digest!: string;

  @Column('varchar', { length: 32 })
  kind!: string;

  /** Ends with the sign-in it belongs to. */
  @ForeignKey('AppSignInEntity', { name: 'oauth_artifacts_sign_in', onDelete: 'CASCADE' })
  @Index('oauth_artifacts_sign_in_id')
  @Column('varchar', { name: 'sign_in_id', length: 32, nullable: true })
  signInId!: string | null;

  /** Of a device code: who let the device in. */
  @ForeignKey('AccountEntity', { name: 'oauth_artifacts_account', onDelete: 'CASCADE' })
  @Index('oauth_artifacts_account_id')
  @Column('varchar', { name: 'account_id', length: 16, nullable: true })
  accountId!: AccountId | null;

  /** HMAC of what a person types for a device: look-up by value, useless without the key ring (S-40). */
  @Index('oauth_artifacts_user_code_mac', { unique: true })
  @Column('varchar', { name: 'user_code_mac', length: 64, nullable: true })
  userCodeMac!: string | null;

  @Index('oauth_artifacts_uid_digest')
  @Column('varchar', { name: 'uid_digest', length: 64, nullable: true })
  uidDigest!: string | null;

  /** The payload, encrypted, without the value. */
  @Column('text')
  sealed!: string;

  @Column('bigint', { name: 'consumed_at', nullable: true })
  consumedAt!: number | null;

  @Index('oauth_artifacts_expires_at')
  @Column('bigint', { name: 'expires_at' })
  expiresAt!: number;
}
