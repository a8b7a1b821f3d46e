import type { Config } from '../../config/index.js';

type Named = Pick<Config, 'publicUrl'>;

/** Path under which the authorization server lives. */
export const OIDC_PATH = '/oidc';

/** The issuer of every token (contract of paths). */
export function issuerOf({ publicUrl }: Named): string {
  return `${publicUrl}${OIDC_PATH}`;
}

/** The audience of access tokens for the native API, and its resource indicator (RFC 8707). */
export function apiOf({ publicUrl }: Named): string {
  return `${publicUrl}/api/v1`;
}

/** RFC 8628, 3.4. */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** What we note of a client beside what the provider knows. */
export const WITHOUT_PKCE = 'without_pkce';

/** What the native API gives, beside who somebody is. */
export const API_SCOPES: readonly string[] = ['servers:read', 'links:manage', 'sign-ins:manage'];

/** What its access tokens may carry: API_SCOPES, and what `GET /api/v1/profile` shows besides. */
export const TOKEN_SCOPES: readonly string[] = [...API_SCOPES, 'profile', 'email'];

/** OpenID Connect's: who somebody is. */
export const IDENTITY_SCOPES: readonly string[] = ['openid', 'profile', 'email', 'offline_access'];
