import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, nullable, primary, text } from './columns.js';

const restores = new Table({
  name: 'restores',
  columns: [
    primary(text('id', 32), 'restores_pk'),
    instant('backup_created_at'),
    instant('restored_at'),
    nullable(instant('accepted_at')),
  ],
});

/** Restored backups: one that is not accepted holds the broker. */
export class RestoredBackups1795525200000 implements MigrationInterface {
  readonly name = 'RestoredBackups1795525200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(restores);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(restores.name);
  }
}
