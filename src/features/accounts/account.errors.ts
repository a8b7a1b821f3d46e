import { DomainError } from '../../shared/domain-error.js';

/** One answer for unknown, inactive and wrong (S-05). */
export function wrongCredentials(): DomainError {
  return new DomainError(
    'unauthenticated',
    'wrong-credentials',
    'The user name, e-mail or password is wrong.',
  );
}

/** User names are public handles: this may be told (S-31). */
export function userNameTaken(): DomainError {
  return new DomainError('conflict', 'user-name-taken', 'This user name is taken.', { field: 'userName' });
}

export function isUserNameTaken(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'user-name-taken';
}

export function signUpClosed(): DomainError {
  return new DomainError(
    'forbidden',
    'sign-up-closed',
    'This broker does not take new accounts without an invitation.',
  );
}

/** One answer for wrong, expired, used and foreign (S-34). */
export function tokenSpent(): DomainError {
  return new DomainError(
    'gone',
    'link-spent',
    'This link does not work (any more). It may be used, or too old.',
  );
}
