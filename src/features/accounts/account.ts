import type { AccountId } from '../../shared/ids.js';

/**
 * - `unverified`: signed up, the e-mail address is not confirmed yet; can do nothing and is deleted after a week (S-37)
 * - `active`: may sign in and be linked
 * - `disabled`: switched off by the operator; links are kept (S-63)
 */
export type AccountState = 'unverified' | 'active' | 'disabled';

/** An operator runs this broker; everybody else is a person. */
export type AccountRole = 'person' | 'operator';

/** A person's identity at the broker. */
export interface Account {
  readonly id: AccountId;
  /** As the person wrote it; unique ignoring case. */
  readonly userName: string;
  /** As the person wrote it; unique ignoring case. */
  readonly email: string;
  readonly state: AccountState;
  readonly role: AccountRole;
  readonly createdAt: number;
}

/** How servers may find an account (S-33). */
export interface Findable {
  readonly findableByName: boolean;
  readonly findableByEmail: boolean;
}

/**
 * What a mailed secret is for: confirming the address of a sign-up, setting a new password, confirming a new address,
 * restoring the old one, opening sign-in from unknown networks again.
 */
export type TokenPurpose = 'verify' | 'reset' | 'new-address' | 'revert-address' | 'unlock';

/** An account with what proves its password. Never leaves this feature. */
export interface AccountWithVerifiers extends Account, Findable {
  readonly passwordHash: string;
  /** Of the MD5 variant of old clients; null unless LEGACY_MD5_LOGIN was on when the password was set (S-06). */
  readonly legacyHash: string | null;
  /** Wrong passwords in a row from unknown networks (S-22). */
  readonly failedSignIns: number;
}

/** Whether the account may sign in and be linked. */
export function isActive(account: Pick<Account, 'state'>): boolean {
  return account.state === 'active';
}

/** User names and addresses are compared in this form. Both are ASCII by their rules, so lower case is all there is. */
export function comparable(nameOrEmail: string): string {
  return nameOrEmail.toLowerCase();
}

/**
 * What a user name looks like: two names with the same skeleton cannot be told apart at a glance, so only one may exist
 * (S-103). Names are ASCII, so of the confusables of UTS 39 only these matter.
 */
export function skeletonOf(userName: string): string {
  const alike = userName.replace(/[I1|]/g, 'l').replace(/[0O]/g, 'o').toLowerCase();
  return alike.replaceAll('vv', 'w').replaceAll('m', 'rn');
}

export function withoutVerifiers({ id, userName, email, state, role, createdAt }: Account): Account {
  return { id, userName, email, state, role, createdAt };
}
