import Sqlite from 'better-sqlite3';
import { join } from 'node:path';
import { StartupError } from '../startup-error.js';

/**
 * Keeps a second process off the same data folder.
 *
 * The lock is an exclusive transaction on a file of its own: the operating system ends it with the process, whatever
 * kills that, and the database file itself stays open to read-only tools.
 */
export function lockDataFolder(dataDir: string): { release(): void } {
  const lock = new Sqlite(join(dataDir, 'signpost.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw new StartupError(
      `Another Signpost process uses the data folder ${dataDir}. Stop it first, or set another DATA_DIR.`,
      error,
    );
  }
  return { release: () => lock.close() };
}
