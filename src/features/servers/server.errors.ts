import { DomainError } from '../../shared/domain-error.js';

/** Makes a media server register anew: only ever after a successful read. */
export function serverUnknown(): DomainError {
  return new DomainError('not-found', 'server-unknown', 'No server is registered under this id.');
}

/** Makes a media server register anew: only ever after a successful read. */
export function wrongServerKey(): DomainError {
  return new DomainError('unauthenticated', 'wrong-server-key', 'The server key is missing or wrong.');
}
