/** Codes that only say "somebody was faster": serialization failure, deadlock, unique violation. */
const LOST_RACE = new Set(['40001', '40P01', '23505']);

/** Whether the same unit of work may succeed when it is run again. */
export function isRetryable(error: unknown): boolean {
  return LOST_RACE.has(codeOf(error));
}

/**
 * Whether PostgreSQL refused this statement, and only that: its connection and the database are well, and there is time left,
 * so others with it may be tried again.
 */
export function isOfStatement(error: unknown): boolean {
  return isRefused(error) && !isCancelled(error);
}

/** Whether PostgreSQL says that it has not done this; the connection is well. */
export function isRefused(error: unknown): boolean {
  return (error as { severity?: unknown } | null)?.severity === 'ERROR';
}

/** Whether it took longer than `statement_timeout`, or somebody has cancelled it. */
export function isCancelled(error: unknown): boolean {
  return codeOf(error) === '57014';
}

/** Whether a lock of PostgreSQL was not had within `lock_timeout`. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === '55P03';
}

/** Whether the role lacks a right for what it was to do. */
export function isForbidden(error: unknown): boolean {
  return codeOf(error) === '42501';
}

/** Whether another program holds the SQLite file. */
export function isLocked(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY') || codeOf(error).startsWith('SQLITE_LOCKED');
}

/** Whether there is no room for what was to be written: SQLite's word for it, and PostgreSQL's disk_full. */
export function isDiskFull(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_FULL' || codeOf(error) === '53100';
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
