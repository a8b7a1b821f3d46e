import { mkdirSync } from 'node:fs';
import { StartupError } from '../startup-error.js';
import { FOR_EVERYTHING } from './command-client.js';
import { ADVISORY_LOCK } from './migrate.js';
import { BROKER, commandUse, initializePostgres, postgresSource } from './postgres.js';
import { lockDataFolder } from './sqlite-lock.js';

/** No broker runs on the database, and none can start until this is released. */
export interface Alone {
  release(): Promise<void>;
}

/** @throws StartupError if a broker runs */
export function aloneOnSqlite(dataDir: string): Alone {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockDataFolder(dataDir);
  return {
    release: () => {
      lock.release();
      return Promise.resolve();
    },
  };
}

/**
 * A node that starts waits for the lock of migrations; one that runs has sessions, at least the one that looks every
 * second for a restore hold.
 *
 * @throws StartupError if a broker runs
 */
export async function aloneOnPostgres(url: string): Promise<Alone> {
  const use = commandUse('signpost-alone', FOR_EVERYTHING);
  const source = await initializePostgres(postgresSource(url, [], use));
  const runner = source.createQueryRunner();
  try {
    const [lock] = (await runner.query(`SELECT pg_try_advisory_lock(${ADVISORY_LOCK}) AS held`)) as {
      held: boolean;
    }[];
    const [running] = (await runner.query(
      'SELECT COUNT(*)::int AS sessions FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
      [BROKER],
    )) as { sessions: number }[];
    if (lock?.held !== true || running?.sessions !== 0) {
      throw new StartupError('A broker runs on this database (DATABASE_URL). Stop every node first.');
    }
    return {
      release: async () => {
        await runner.release();
        await source.destroy();
      },
    };
  } catch (error) {
    await source.destroy();
    throw error;
  }
}
