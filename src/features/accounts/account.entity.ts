import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AccountId } from '../../shared/ids.js';
import type { AccountRole, AccountState, TokenPurpose } from './account.js';

@Entity('accounts')
@Index('accounts_state_created_at', ['state', 'createdAt'])
export class AccountEntity {
  @PrimaryColumn('varchar', { length: 16, primaryKeyConstraintName: 'accounts_pk' })
  id!: AccountId;

  @Column('varchar', { name: 'user_name', length: 64 })
  userName!: string;

  @Index('accounts_user_name_key', { unique: true })
  @Column('varchar', { name: 'user_name_key', length: 64 })
  userNameKey!: string;

  /** What the name looks like: names that look alike must not both exist (S-103). */
  @Index('accounts_user_name_skeleton', { unique: true })
  @Column('varchar', { name: 'user_name_skeleton', length: 128 })
  userNameSkeleton!: string;

  @Column('varchar', { length: 254 })
  email!: string;

  @Index('accounts_email_key', { unique: true })
  @Column('varchar', { name: 'email_key', length: 254 })
  emailKey!: string;

  @Column('varchar', { length: 16 })
  state!: AccountState;

  @Index('accounts_role')
  @Column('varchar', { length: 16 })
  role!: AccountRole;

  @Column('varchar', { name: 'password_hash', length: 512 })
  passwordHash!: string;

  @Column('varchar', { name: 'legacy_hash', length: 512, nullable: true })
  legacyHash!: string | null;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Column('bigint', { name: 'verified_at', nullable: true })
  verifiedAt!: number | null;

  /** Wrong passwords in a row from networks that the account was never used from (S-22). */
  @Column('integer', { name: 'failed_sign_ins' })
  failedSignIns!: number;

  /** Whether servers find the account by its user name (S-33). */
  @Column('boolean', { name: 'findable_by_name' })
  findableByName!: boolean;

  /** Whether servers find the account by its e-mail address (S-33). */
  @Column('boolean', { name: 'findable_by_email' })
  findableByEmail!: boolean;
}

/** Every id that was ever given out, so that none is given twice, also after its account is gone (product rule 7). */
@Entity('issued_account_ids')
export class IssuedAccountIdEntity {
  @PrimaryColumn('varchar', { length: 16, primaryKeyConstraintName: 'issued_account_ids_pk' })
  id!: AccountId;
}

/** A secret that was mailed to the owner of an account, as a digest. */
@Entity('account_tokens')
export class AccountTokenEntity {
  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'account_tokens_pk' })
  digest!: string;

  @ForeignKey('AccountEntity', { name: 'account_tokens_account', onDelete: 'CASCADE' })
  @Index('account_tokens_account_id')
  @Column('varchar', { name: 'account_id', length: 16 })
  accountId!: AccountId;

  @Column('varchar', { length: 32 })
  purpose!: TokenPurpose;

  /** The address that is being confirmed or restored, where the purpose is an address (S-39). */
  @Column('varchar', { length: 254, nullable: true })
  email!: string | null;

  @Index('account_tokens_expires_at')
  @Column('bigint', { name: 'expires_at' })
  expiresAt!: number;

  @Column('bigint', { name: 'used_at', nullable: true })
  usedAt!: number | null;
}

/** A network from which the account was signed in to lately (S-22). */
@Entity('known_networks')
export class KnownNetworkEntity {
  @ForeignKey('AccountEntity', { name: 'known_networks_account', onDelete: 'CASCADE' })
  @PrimaryColumn('varchar', { name: 'account_id', length: 16, primaryKeyConstraintName: 'known_networks_pk' })
  accountId!: AccountId;

  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'known_networks_pk' })
  network!: string;

  @Index('known_networks_last_success_at')
  @Column('bigint', { name: 'last_success_at' })
  lastSuccessAt!: number;
}

/** A browser in which the account was signed in to, by a digest of the secret in its cookie (S-22). */
@Entity('known_browsers')
export class KnownBrowserEntity {
  @ForeignKey('AccountEntity', { name: 'known_browsers_account', onDelete: 'CASCADE' })
  @PrimaryColumn('varchar', { name: 'account_id', length: 16, primaryKeyConstraintName: 'known_browsers_pk' })
  accountId!: AccountId;

  @Index('known_browsers_digest')
  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'known_browsers_pk' })
  digest!: string;

  @Index('known_browsers_last_success_at')
  @Column('bigint', { name: 'last_success_at' })
  lastSuccessAt!: number;
}

/** An address that was given up lately and that nobody else may sign up with yet (S-39). */
@Entity('held_addresses')
export class HeldAddressEntity {
  @PrimaryColumn('varchar', { name: 'email_key', length: 254, primaryKeyConstraintName: 'held_addresses_pk' })
  emailKey!: string;

  @ForeignKey('AccountEntity', { name: 'held_addresses_account', onDelete: 'CASCADE' })
  @Column('varchar', { name: 'account_id', length: 16 })
  accountId!: AccountId;

  @Index('held_addresses_until')
  @Column('bigint')
  until!: number;
}
