import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An address whose owner wants no more invitations (S-92). Kept for good: a wish does not expire. */
@Entity('mail_stops')
export class MailStopEntity {
  /** The address in lower case. */
  @PrimaryColumn('varchar', {
    name: 'recipient_key',
    length: 254,
    primaryKeyConstraintName: 'mail_stops_pk',
  })
  recipientKey!: string;

  @Column('bigint', { name: 'stopped_at' })
  stoppedAt!: number;
}
