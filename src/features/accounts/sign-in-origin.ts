import type { AccountId } from '../../shared/ids.js';

/** Where a password is given, and by what whoever gives it may be known: what the limits on guessing go by (S-21, S-22). */
export interface SignInOrigin {
  readonly network: string;
  /** Secret that this browser was given when it signed in before (`KnownBrowsers`), or ''. */
  readonly browserSecret?: string;
  /** A live sign-in, proved by its own credential: a browser session or a device. */
  readonly signedIn?: { readonly accountId: AccountId; readonly id: string };
}
