import Sqlite from 'better-sqlite3';
import { join } from 'node:path';
import { StartupError } from '../startup-error.js';
import { isLocked } from './database-errors.js';
import { keepAllOf } from './native-objects.js';

/**
 * Keeps a second process off the same data folder.
 *
 * The lock is an exclusive transaction on a file of its own: the operating system ends it with the process, whatever
 * kills that, and the database file itself stays open to read-only tools.
 */
export function lockDataFolder(dataDir: string): { release(): void } {
  const file = join(dataDir, 'signpost.lock');
  let lock: Sqlite.Database | undefined;
  try {
    lock = keepAllOf(new Sqlite(file, { timeout: 0 }));
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    throw new StartupError(
      isLocked(error)
        ? `Another Signpost process uses the data folder ${dataDir}. Stop it first, or set another DATA_DIR.`
        : `The data folder ${dataDir} cannot be used: ${file}: ${(error as Error).message}.`,
      error,
    );
  }
  const held = lock;
  return { release: () => held.close() };
}
