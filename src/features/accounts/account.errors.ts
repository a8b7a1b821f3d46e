import { DomainError } from '../../shared/domain-error.js';

/** One answer for unknown, inactive and wrong (S-05). */
export function wrongCredentials(): DomainError {
  return new DomainError(
    'unauthenticated',
    'wrong-credentials',
    'The user name, e-mail or password is wrong.',
  );
}

/** Deleted while its owner was looking. */
export function accountGone(): DomainError {
  return new DomainError('not-found', 'account-gone', 'There is no such account (any more).');
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

/** The rule that a new password breaks (S-01, S-02). */
export type PasswordFault =
  'short' | 'long' | 'common' | 'service-name' | 'service-address' | 'user-name' | 'email';

/** A new password that cannot be set; the code names the rule, so that pages can say it in their own words. */
export function unfitPassword(field: string, fault: PasswordFault, problem: string): DomainError {
  return new DomainError('invalid', `password-${fault}`, `${field}: ${problem}`, { field });
}

/** Typed twice, and not alike. */
export function passwordsDiffer(): DomainError {
  const field = 'newPasswordAgain';
  return new DomainError('invalid', 'passwords-differ', `${field}: must be the same password`, { field });
}

/** Told only to whoever reads the console of this broker: elsewhere an address in use is a secret (S-31). */
export function addressInUse(): DomainError {
  return new DomainError('conflict', 'email-in-use', 'An account with this address exists already.', {
    field: 'email',
  });
}
