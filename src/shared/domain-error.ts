/**
 * What can go wrong in the domain, named so that every edge can put it on its own wire.
 *
 * - `invalid`: the request cannot mean anything; `message` says which field and why
 * - `unauthenticated`: no credential, or one that is wrong, expired or of a foreign class
 * - `forbidden`: the credential is good, the act is not the caller's to do
 * - `not-found`: read, and certainly absent (never a guess: R-02)
 * - `conflict`: the state of things forbids it
 * - `gone`: it existed and its time is over
 * - `rate-limited`: too often; `retryAfterSeconds` says when to come back
 * - `unavailable`: the broker is in trouble, the request may be fine
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'gone'
  | 'rate-limited'
  | 'unavailable';

interface ErrorDetails {
  /** Seconds until a repetition makes sense: for `rate-limited` as they are, for `unavailable` the mean, which is spread. */
  readonly retryAfterSeconds?: number;
  /** Name of the field at fault, for `invalid`. */
  readonly field?: string;
  readonly cause?: unknown;
  /** For `unavailable`: on purpose, and the log says so elsewhere; not once for each request. */
  readonly announced?: boolean;
}

/** The only error that features throw on purpose. `code` is stable, `message` is for people and holds no secret. */
export class DomainError extends Error {
  readonly retryAfterSeconds: number | undefined;
  readonly field: string | undefined;
  readonly announced: boolean;

  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'DomainError';
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.field = details.field;
    this.announced = details.announced ?? false;
  }
}

/** `invalid` with the field that is at fault: `invalidField('email', 'needs one @')`. */
export function invalidField(field: string, problem: string): DomainError {
  return new DomainError('invalid', 'invalid-field', `${field}: ${problem}`, { field });
}

/** What comes of `work`, or null if it throws `invalid`; for whoever leaves it to others to explain that. */
export function unlessInvalid<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'invalid') return null;
    throw error;
  }
}
