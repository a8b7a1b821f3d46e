import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sites whose software cannot send PKCE. In words that both databases know, so that SQLite need not copy the table. */
export class SitesWithoutPkce1795694400000 implements MigrationInterface {
  readonly name = 'SitesWithoutPkce1795694400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE oauth_clients ADD COLUMN without_pkce boolean');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE oauth_clients DROP COLUMN without_pkce');
  }
}
