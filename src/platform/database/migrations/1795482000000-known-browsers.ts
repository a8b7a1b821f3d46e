import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { belongsTo, index, instant, primary, text } from './columns.js';

const knownBrowsers = new Table({
  name: 'known_browsers',
  columns: [
    primary(text('account_id', 16), 'known_browsers_pk'),
    primary(text('digest', 64), 'known_browsers_pk'),
    instant('last_success_at'),
  ],
  indices: [
    index('known_browsers_digest', ['digest']),
    index('known_browsers_last_success_at', ['last_success_at']),
  ],
  foreignKeys: [belongsTo('accounts', 'account_id', 'known_browsers_account')],
});

/** Browsers in which a password was right before (S-22). */
export class KnownBrowsers1795482000000 implements MigrationInterface {
  readonly name = 'KnownBrowsers1795482000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(knownBrowsers);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(knownBrowsers.name);
  }
}
