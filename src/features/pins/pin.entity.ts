import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AccountId } from '../../shared/ids.js';
import type { PinState } from './pin.js';

@Entity('pins')
@Index('pins_network', ['network', 'expiresAt'])
export class PinEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'pins_pk' })
  id!: string;

  /** HMAC of the code: look-up by value, useless without the key ring (S-40, deviation D5). */
  @Index('pins_code_mac', { unique: true })
  @Column('varchar', { name: 'code_mac', length: 64 })
  codeMac!: string;

  @Column('varchar', { name: 'handle_digest', length: 64 })
  handleDigest!: string;

  @Column('varchar', { name: 'device_id', length: 256 })
  deviceId!: string;

  @Column('varchar', { length: 128 })
  app!: string;

  @Column('varchar', { length: 64 })
  network!: string;

  @Column('varchar', { length: 16 })
  state!: PinState;

  @ForeignKey('AccountEntity', { name: 'pins_account', onDelete: 'CASCADE' })
  @Column('varchar', { name: 'account_id', length: 16, nullable: true })
  accountId!: AccountId | null;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Index('pins_expires_at')
  @Column('bigint', { name: 'expires_at' })
  expiresAt!: number;
}
