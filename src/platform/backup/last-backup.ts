import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Beside the database or the key ring: the backup command is a process of its own, and the broker tells of it. */
const fileIn = (dataDir: string): string => join(dataDir, 'last-backup');

/** Notes that a backup is whole. @param createdAt of its snapshot, in milliseconds @throws what the file system throws */
export function noteBackup(dataDir: string, createdAt: number): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(fileIn(dataDir), '', { mode: 0o600 });
  utimesSync(fileIn(dataDir), createdAt / 1_000, createdAt / 1_000);
}

/** Seconds since 1970; undefined where no backup was ever noted. */
export function backupMadeAt(dataDir: string): number | undefined {
  const modified = statSync(fileIn(dataDir), { throwIfNoEntry: false })?.mtimeMs;
  return modified === undefined ? undefined : Math.round(modified) / 1_000;
}
