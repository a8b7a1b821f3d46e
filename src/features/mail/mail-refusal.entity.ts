import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How often in a row mail servers refused mail for an address for good. No row: they did not lately. */
@Entity('mail_refusals')
export class MailRefusalEntity {
  /** The address in lower case. */
  @PrimaryColumn('varchar', {
    name: 'recipient_key',
    length: 254,
    primaryKeyConstraintName: 'mail_refusals_pk',
  })
  recipientKey!: string;

  @Column('integer', { name: 'permanent_failures' })
  permanentFailures!: number;

  @Column('bigint', { name: 'last_at' })
  lastAt!: number;
}
