import type { MigrationInterface, QueryRunner } from 'typeorm';
import { onSqlite } from './columns.js';

/**
 * All that a list needs of a server in one place, found by its id: else its row is found by a number that another index knows, and
 * among a million links each page on the way is in no cache (P-4). PostgreSQL has no need of it. 66,667 servers take 0.2 s and
 * 17 MB.
 */
export class ServersOfLists1795784400000 implements MigrationInterface {
  readonly name = 'ServersOfLists1795784400000';

  async up(runner: QueryRunner): Promise<void> {
    await onSqlite(
      runner,
      `CREATE INDEX servers_of_lists ON servers (id, system_id, name, url, local_address, network, created_at, heard_at)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await onSqlite(runner, 'DROP INDEX servers_of_lists');
  }
}
