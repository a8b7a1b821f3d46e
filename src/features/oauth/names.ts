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
