import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MailKind } from './mail.js';

/**
 * - `waiting`: to be sent at `due_at`; while somebody sends it, `due_at` is the end of that sender's lease
 * - `sent`: the mail server took it
 * - `failed`: the mail server refused it for good, or could not be reached in time
 * - `dropped`: not wanted any more: its link had expired, its recipient takes no invitations, or it never was a mail
 */
export type OutboxState = 'waiting' | 'sent' | 'failed' | 'dropped';

/** `nothing` is no mail: it only took as long to write as one (S-32). */
type OutboxKind = MailKind | 'nothing';

/** One mail, written in the transaction of its cause. */
@Entity('outbox')
@Index('outbox_state', ['state', 'dueAt'])
@Index('outbox_recipient', ['recipientKey', 'kind', 'createdAt'])
@Index('outbox_ended_at', ['endedAt'])
export class OutboxEntity {
  @PrimaryColumn('varchar', { length: 32, primaryKeyConstraintName: 'outbox_pk' })
  id!: string;

  @Column('varchar', { length: 32 })
  kind!: OutboxKind;

  /** The address in lower case, for counting; empty for nothing. The address as it was given is in `sealed`. */
  @Column('varchar', { name: 'recipient_key', length: 254 })
  recipientKey!: string;

  /** Address and content, encrypted; NULL once the mail has ended (S-50, S-54). */
  @Column('text', { nullable: true })
  sealed!: string | null;

  @Column('varchar', { length: 16 })
  state!: OutboxState;

  /** Sendings begun. Also tells one lease from the next. */
  @Column('integer')
  attempts!: number;

  @Column('bigint', { name: 'created_at' })
  createdAt!: number;

  @Column('bigint', { name: 'due_at' })
  dueAt!: number;

  @Column('bigint', { name: 'expires_at' })
  expiresAt!: number;

  @Column('bigint', { name: 'ended_at', nullable: true })
  endedAt!: number | null;

  /** Why the last sending failed: codes and our own words, never what a mail server said about the content. */
  @Column('varchar', { name: 'last_problem', length: 255, nullable: true })
  lastProblem!: string | null;
}
