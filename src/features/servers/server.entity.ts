import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ServerId } from '../../shared/ids.js';

@Entity('servers')
// On SQLite alone (P-4), so it is made by its migration and compared by nobody.
@Index('servers_of_lists', { synchronize: false })
export class ServerEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'servers_pk' })
  id!: ServerId;

  @Index('servers_key_digest', { unique: true })
  @Column('varchar', { name: 'key_digest', length: 64 })
  keyDigest!: string;

  /** First 8 hex digits of the key, for people to tell keys apart (S-50). */
  @Column('varchar', { name: 'key_prefix', length: 8 })
  keyPrefix!: string;

  @Index('servers_system_id')
  @Column('varchar', { name: 'system_id', length: 64 })
  systemId!: string;

  @Column('varchar', { length: 128 })
  name!: string;

  @Column('varchar', { length: 512 })
  url!: string;

  /** '' when the server gave none. */
  @Column('varchar', { name: 'local_address', length: 512 })
  localAddress!: string;

  /** Where its last update came from. */
  @Column('varchar', { length: 64 })
  network!: string;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Column('bigint', { name: 'heard_at' })
  heardAt!: number;
}
