/**
 * A mail that the broker sends, by what it is for. Tokens are the secret part of its one link; names are shown only
 * cleaned and in quotes (S-93).
 */
export type Mail =
  | { readonly kind: 'confirm-address'; readonly userName: string; readonly token: string }
  /** Somebody tried to sign up with an address that has an account: its owner is told, the caller is not (S-31). */
  | { readonly kind: 'sign-up-attempt'; readonly userName: string }
  | {
      readonly kind: 'link-waiting';
      readonly userName: string;
      readonly serverName: string;
      /** Host of the server's remote address: what an impostor cannot choose freely (W9). */
      readonly serverHost: string;
      readonly systemId: string;
      readonly linkKind: 'linked' | 'guest';
      /** User name of whoever asked, where known. */
      readonly requester: string | null;
      readonly token: string;
    }
  | {
      readonly kind: 'sign-up-invitation';
      readonly requester: string | null;
      readonly serverName: string;
      readonly token: string;
    }
  | { readonly kind: 'reset-password'; readonly userName: string; readonly token: string }
  | { readonly kind: 'password-changed'; readonly userName: string }
  /** To the address an account is to have; counts once it is confirmed (S-39). */
  | { readonly kind: 'confirm-new-address'; readonly userName: string; readonly token: string }
  /** To the address an account has, at once: the new one is not named in it (S-39). */
  | { readonly kind: 'address-changing'; readonly userName: string; readonly token: string }
  /** Too many wrong passwords from unknown networks: these wait until the owner opens them (S-22). */
  | { readonly kind: 'unlock-sign-in'; readonly userName: string; readonly token: string }
  /** A device that was never seen before signed in with a PIN (S-44). */
  | {
      readonly kind: 'new-device';
      readonly userName: string;
      readonly app: string;
      readonly deviceName: string;
    }
  /** A refresh token of an app was used again, too late: the app was signed out (S-12). */
  | {
      readonly kind: 'token-reused';
      readonly userName: string;
      readonly app: string;
      readonly deviceName: string;
    }
  /** One device too many: the one idle longest was signed out (S-15). */
  | {
      readonly kind: 'device-ended';
      readonly userName: string;
      readonly app: string;
      readonly deviceName: string;
    }
  /** Good-bye: the account is gone (S-142). */
  | { readonly kind: 'account-deleted'; readonly userName: string };

export type MailKind = Mail['kind'];

export type MailOf<K extends MailKind> = Extract<Mail, { readonly kind: K }>;

/** Mails that somebody else than the recipient causes: they stop where they are not wanted. */
const INVITATIONS: readonly string[] = ['link-waiting', 'sign-up-invitation'] satisfies MailKind[];

export function isInvitation(kind: string): boolean {
  return INVITATIONS.includes(kind);
}
