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
    };

export type MailKind = Mail['kind'];

/** Mails that somebody else than the recipient causes: they stop where they are not wanted. */
const INVITATIONS: readonly MailKind[] = ['link-waiting', 'sign-up-invitation'];

export function isInvitation(kind: MailKind): boolean {
  return INVITATIONS.includes(kind);
}
