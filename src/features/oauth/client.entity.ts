import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A site that the operator has registered. */
@Entity('oauth_clients')
export class ClientEntity {
  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'oauth_clients_pk' })
  id!: string;

  @Column('varchar', { length: 64 })
  name!: string;

  @Column('varchar', { name: 'secret_digest', length: 64 })
  secretDigest!: string;

  /** JSON list. */
  @Column('text', { name: 'redirect_uris' })
  redirectUris!: string;

  /** JSON list. */
  @Column('text', { name: 'sign_out_uris' })
  signOutUris!: string;

  /** Null in rows from before there was a choice. */
  @Column('boolean', { name: 'without_pkce', nullable: true })
  withoutPkce!: boolean | null;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;
}
