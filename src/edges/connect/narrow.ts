import { DomainError } from '../../shared/domain-error.js';
import type { Parameters } from './parameters/parameters.js';

/**
 * An id in a request may only repeat whose credential it is, never widen it (S-61).
 *
 * @throws DomainError forbidden if it names somebody else
 */
export function narrowTo(own: string, wire: Parameters, name: string): void {
  const given = wire.optional(name);
  if (given === undefined || given === own) return;
  throw notYours(name);
}

function notYours(name: string): DomainError {
  return new DomainError('forbidden', 'not-yours', `${name}: does not belong to this credential.`, {
    field: name,
  });
}
