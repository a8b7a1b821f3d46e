import { DomainError } from '../../../shared/domain-error.js';

/** One thing that is wrong with a request: a field of the body by JSON pointer, or a parameter by name. */
export type RequestFault =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string };

/** The request is not as documented; says everything that is wrong with it at once. */
export class RequestFaults extends DomainError {
  constructor(readonly faults: readonly RequestFault[]) {
    super('invalid', 'invalid-request', 'A part of the request is not as documented.');
  }
}

/** The token is good, but the person did not allow this with it (RFC 6750, 3.1). */
export class ScopeMissing extends DomainError {
  /** @param scopes one of which would do */
  constructor(readonly scopes: readonly string[]) {
    super('forbidden', 'scope-missing', `This needs one of the scopes: ${scopes.join(', ')}.`);
  }
}

export function tokenMissing(): DomainError {
  return new DomainError('unauthenticated', 'token-missing', 'Send an access token.');
}

/** One answer for malformed, expired, foreign and ended (S-16). */
export function tokenInvalid(): DomainError {
  return new DomainError('unauthenticated', 'token-invalid', 'The access token does not work (any more).');
}

export function invalidBody(detail: string): DomainError {
  return new DomainError('invalid', 'invalid-body', detail);
}

export function unsupportedMediaType(detail: string): DomainError {
  return new DomainError('invalid', 'unsupported-media-type', detail);
}
