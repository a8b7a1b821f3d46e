import type { DataSource } from 'typeorm';
import { StartupError } from '../startup-error.js';

/** One runner at a time over all nodes; the number is arbitrary and ours. */
const ADVISORY_LOCK = 7_420_195;

/**
 * Brings the schema up to date.
 *
 * @throws StartupError if the database was last used by a newer version, whose changes this one does not know
 */
export async function migrate(writer: DataSource): Promise<void> {
  const runner = writer.createQueryRunner();
  const shared = writer.options.type === 'postgres';
  try {
    if (shared) {
      await runner.query('SET statement_timeout = 0');
      await runner.query(`SELECT pg_advisory_lock(${ADVISORY_LOCK})`);
    }
    await refuseNewerSchema(writer);
    await writer.runMigrations({ transaction: 'each' });
  } finally {
    if (shared) {
      await runner.query(`SELECT pg_advisory_unlock(${ADVISORY_LOCK})`);
      await runner.query('RESET statement_timeout');
    }
    await runner.release();
  }
}

async function refuseNewerSchema(writer: DataSource): Promise<void> {
  const runner = writer.createQueryRunner();
  const exists = await runner.hasTable('schema_migrations');
  const applied = exists ? await writer.query<{ name: string }[]>('SELECT name FROM schema_migrations') : [];
  if (writer.options.type === 'postgres') await runner.release();
  const known = new Set(writer.migrations.map((migration) => migration.name));
  const unknown = applied.filter((row) => !known.has(row.name));
  if (unknown.length === 0) return;
  throw new StartupError(
    `The database was used by a newer version of Signpost (${unknown.map((row) => row.name).join(', ')}). Start that version, or restore a backup made before the upgrade.`,
  );
}
