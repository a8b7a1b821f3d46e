import type { Account } from '../accounts/index.js';

/** What an app may be allowed to do with the native API; other scopes are for OpenID Connect (RFC 6749, 3.3). */
export type ApiScope = 'servers:read' | 'links:manage' | 'sign-ins:manage';

/** `typ` of our access tokens (RFC 9068, 2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** What an access token of ours says (RFC 9068, 2.2). */
export interface AccessTokenClaims {
  /** `PUBLIC_URL/oidc`. */
  readonly iss: string;
  /** `PUBLIC_URL/api/v1`. */
  readonly aud: string;
  /** Account id. */
  readonly sub: string;
  readonly client_id: string;
  /** Scopes, separated by blanks. */
  readonly scope: string;
  readonly jti: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  /** We write none. */
  readonly nbf?: number | undefined;
  /** Id of the app's sign-in (`AppSignIn.id`): when that ends, the token ends (S-62). */
  readonly sign_in: string;
}

/** A caller that proved to be an app which somebody let in. */
export interface SignedInApp {
  readonly account: Account;
  readonly clientId: string;
  readonly signInId: string;
  readonly scopes: ReadonlySet<string>;
  /** When the token ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** What it takes to ask again whether the app is still let in. */
  readonly claims: AccessTokenClaims;
}
