import { DomainError } from '../../shared/domain-error.js';
import type { Random } from '../../shared/random.js';

/** Beyond a limit. The seconds to wait vary by ±20 %, so that refused callers do not come back together (S-26). */
export function tooMany(waitMs: number, random: Random): DomainError {
  const seconds = Math.max(1, waitMs / 1_000);
  const retryAfterSeconds = Math.ceil((seconds * (800 + random.below(401))) / 1_000);
  return new DomainError('rate-limited', 'too-many', 'Too many requests. Try again later.', {
    retryAfterSeconds,
  });
}
