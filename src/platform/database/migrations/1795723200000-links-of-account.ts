import type { MigrationInterface, QueryRunner } from 'typeorm';
import { onSqlite } from './columns.js';

/**
 * All that a list needs of an account's links in one place: the rows themselves lie wherever the file had room, and among a
 * million each is a page that must be read (P-4). PostgreSQL holds its pages in memory and would only write more. A million
 * links take 3 s and a quarter more of the file.
 */
export class LinksOfAccount1795723200000 implements MigrationInterface {
  readonly name = 'LinksOfAccount1795723200000';

  async up(runner: QueryRunner): Promise<void> {
    await onSqlite(
      runner,
      `CREATE INDEX links_of_account ON links (account_id, state, ended_at, id, kind, requester, created_at, accepted_at,
        expires_at, sealed_key, server_id) WHERE ended_at IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await onSqlite(runner, 'DROP INDEX links_of_account');
  }
}
