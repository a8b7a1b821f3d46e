import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { count, instant, primary, text } from './columns.js';

const epochs = new Table({
  name: 'database_epochs',
  columns: [primary(text('system', 20), 'database_epochs_pk'), count('timeline'), instant('entered_at')],
});

/** In which epoch of PostgreSQL brokers wrote last: a standby that takes over is in another one. */
export class DatabaseEpochs1795698000000 implements MigrationInterface {
  readonly name = 'DatabaseEpochs1795698000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(epochs);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(epochs.name);
  }
}
