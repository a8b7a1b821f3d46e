import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { StartupError } from '../startup-error.js';
import { isForbidden, isLockTimeout } from './database-errors.js';

/** One runner at a time over all nodes; the number is arbitrary and ours. */
export const ADVISORY_LOCK = 7_420_195;

/** A migration that did not get a lock in time lets those pass who waited behind it, and tries again. */
interface LockPatience {
  readonly attempts: number;
  readonly pauseMs: number;
}

/** With a `lock_timeout` of a second: a minute. */
const A_MINUTE: LockPatience = { attempts: 40, pauseMs: 500 };

/** Whether a migration of that name takes something away; all others only add (`test/architecture/migrations.test.ts`). */
export function takesAway(name: string): boolean {
  return /Contract\d+$/.test(name);
}

/**
 * Brings the schema up to date. On PostgreSQL `source` must have no statement time-out, but one for locks: what waits for a
 * lock on a table holds up everybody who comes after.
 *
 * What a newer version has added is left alone: nodes of this version may start again beside it, and it may be gone back from.
 *
 * @throws StartupError if a newer version has taken away what this one may need, the role lacks the right, or somebody keeps a lock
 */
export async function migrate(source: DataSource, patience = A_MINUTE): Promise<void> {
  const runner = source.createQueryRunner();
  const shared = source.options.type === 'postgres';
  try {
    // Held by the session: a node that dies in the middle sets it free.
    if (shared) await runner.query('SET lock_timeout = 0');
    if (shared) await runner.query(`SELECT pg_advisory_lock(${ADVISORY_LOCK})`);
    const applied = new Set((await appliedOn(runner)).map(({ name }) => name));
    refuseNewerSchema(source, applied);
    // To look for them alone TypeORM needs another connection.
    if (source.migrations.some(({ name }) => !applied.has(name ?? ''))) await apply(source, patience);
    if (shared) await runner.query(`SELECT pg_advisory_unlock(${ADVISORY_LOCK})`);
  } finally {
    await runner.release();
  }
}

async function apply(source: DataSource, { attempts, pauseMs }: LockPatience): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await source.runMigrations({ transaction: 'each' });
      return;
    } catch (error) {
      if (isForbidden(error)) throw forbidden(error as Error);
      if (!isLockTimeout(error)) throw error;
      if (attempt >= attempts) throw locked(error as Error);
      await pause(pauseMs);
    }
  }
}

function locked(error: Error): StartupError {
  return new StartupError(
    `The schema cannot be brought up to date: somebody keeps a lock in PostgreSQL that is needed for it (pg_stat_activity and pg_locks show who): ${error.message}. The next start goes on where this one ended.`,
    error,
  );
}

/** Since PostgreSQL 15 nobody but the owner of a database makes tables in it. */
function forbidden(error: Error): StartupError {
  return new StartupError(
    `The schema cannot be brought up to date with the role of DATABASE_URL: ${error.message}. Make it the owner of the database: ALTER DATABASE … OWNER TO …`,
    error,
  );
}

/** A change of the schema that a database went through. */
export interface AppliedMigration {
  readonly timestamp: number;
  readonly name: string;
}

/** The changes that a database went through, oldest first; none where it is new. */
export async function appliedMigrations(source: DataSource): Promise<readonly AppliedMigration[]> {
  return withRunner(source, appliedOn);
}

/**
 * For commands beside a broker, which change no schema.
 *
 * @returns the names of the migrations, oldest first
 * @throws StartupError if the schema is older or newer than that of this version
 */
export async function requireCurrentSchema(source: DataSource): Promise<readonly string[]> {
  return withRunner(source, (runner) => requireCurrentOn(source, runner));
}

/** The same as what is open on `runner` sees it. */
export async function requireCurrentOn(source: DataSource, runner: QueryRunner): Promise<readonly string[]> {
  const applied = (await appliedOn(runner)).map(({ name }) => name);
  const known = source.migrations.map(({ name }) => name ?? '');
  if (applied.length === known.length && known.every((name) => applied.includes(name))) return applied;
  throw new StartupError(
    'The schema of the database is that of another version of Signpost. Use the version that runs on it, or start this one first.',
  );
}

async function withRunner<T>(source: DataSource, act: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    return await act(runner);
  } finally {
    await runner.release();
  }
}

async function appliedOn(runner: QueryRunner): Promise<AppliedMigration[]> {
  if (!(await runner.hasTable('schema_migrations'))) return [];
  const rows = (await runner.query('SELECT timestamp, name FROM schema_migrations ORDER BY timestamp')) as {
    timestamp: number | string;
    name: string;
  }[];
  return rows.map(({ timestamp, name }) => ({ timestamp: Number(timestamp), name }));
}

function refuseNewerSchema(source: DataSource, applied: ReadonlySet<string>): void {
  const known = new Set(source.migrations.map((migration) => migration.name));
  const unknown = [...applied].filter((name) => !known.has(name) && takesAway(name));
  if (unknown.length === 0) return;
  throw new StartupError(
    `The database was used by a newer version of Signpost, which took away what this one may need (${unknown.join(', ')}). Start that version, or restore a backup made before the upgrade.`,
  );
}
