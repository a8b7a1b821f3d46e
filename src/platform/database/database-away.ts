import { DomainError } from '../../shared/domain-error.js';

/** Another process may remember what this commit would change, and not hear of it. */
export function unseen(): DomainError {
  return new DomainError('unavailable', 'database-away', 'The database is busy.', { retryAfterSeconds: 2 });
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
