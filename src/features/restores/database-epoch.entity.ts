import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The epoch of PostgreSQL in which brokers wrote last; one row, none on SQLite. */
@Entity('database_epochs')
export class DatabaseEpochEntity {
  /** Names the cluster: a number of 64 bits. */
  @PrimaryColumn('varchar', { length: 20, primaryKeyConstraintName: 'database_epochs_pk' })
  system!: string;

  @Column('integer')
  timeline!: number;

  @Column('bigint', { name: 'entered_at' })
  enteredAt!: number;
}
