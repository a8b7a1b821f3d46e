import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, primary, text } from './columns.js';

const keys = new Table({
  name: 'signing_keys',
  columns: [
    primary(text('id', 32), 'signing_keys_pk'),
    text('algorithm', 16),
    instant('active_from'),
    longText('sealed'),
  ],
});

/** Where every node finds the signing keys that another one has made (S-55). A broker fills it when it starts. */
export class SigningKeys1795716000000 implements MigrationInterface {
  readonly name = 'SigningKeys1795716000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(keys);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(keys.name);
  }
}
