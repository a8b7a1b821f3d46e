import type { Config } from '../../config/index.js';

/**
 * `__Host-` ties a cookie to this very host over https (S-10). Plain http, as on a trial on this machine, cannot have
 * it.
 */
export function cookieName(
  name: 'sid' | 'form' | 'device',
  { publicUrl }: Pick<Config, 'publicUrl'>,
): string {
  return publicUrl.startsWith('https:') ? `__Host-${name}` : name;
}

/** The value of a cookie in a `Cookie` header, or ''. */
export function cookieIn(header: string | undefined, name: string): string {
  for (const pair of (header ?? '').split(';')) {
    const [key = '', value = ''] = pair.split('=', 2);
    if (key.trim() === name) return value.trim();
  }
  return '';
}

/** A `Set-Cookie` that no script can read and no other site sends along. Without `maxAgeMs` it ends with the browser. */
export function setCookie(name: string, value: string, maxAgeMs?: number): string {
  const secure = name.startsWith('__Host-') ? '; Secure' : '';
  const age = maxAgeMs === undefined ? '' : `; Max-Age=${Math.floor(maxAgeMs / 1_000)}`;
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}${age}`;
}

/** The secret by which a browser is known after signing in (S-22), or ''. */
export function browserSecretIn(header: string | undefined, config: Pick<Config, 'publicUrl'>): string {
  const secret = cookieIn(header, cookieName('device', config));
  return /^[0-9a-f]{64}$/.test(secret) ? secret : '';
}

/** What a browser that has been signed out must forget (S-114). It stays known: that opens nothing. */
export function signedOutHeaders(config: Pick<Config, 'publicUrl'>): Readonly<Record<string, string>> {
  return {
    'Set-Cookie': setCookie(cookieName('sid', config), '', 0),
    'Clear-Site-Data': '"cache", "storage"',
  };
}
