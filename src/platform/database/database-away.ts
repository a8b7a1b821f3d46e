import { DomainError } from '../../shared/domain-error.js';

/** Nothing was kept, for a reason that is none of the caller's. */
export function databaseAway(details: { cause?: unknown } = {}): DomainError {
  const more = { ...details, retryAfterSeconds: 2 };
  return new DomainError('unavailable', 'database-away', 'The database is busy.', more);
}

export function storageFull(details: { cause: unknown } | { announced: true }): DomainError {
  return new DomainError('unavailable', 'storage-full', 'There is no room left to write anything down.', {
    ...details,
    retryAfterSeconds: 10,
  });
}

export function databaseLocked(cause: unknown): DomainError {
  return new DomainError('unavailable', 'database-locked', 'The database is busy.', {
    cause,
    retryAfterSeconds: 2,
  });
}
