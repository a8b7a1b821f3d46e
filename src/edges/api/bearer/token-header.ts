/** Longer than any token of ours; headers end at 8 KiB anyway (S-120). */
const LONGEST = 4_096;
const BEARER = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+) *$/i;

/** The signed token of an `Authorization` header; null if there is none of that shape (RFC 6750, 2.1; RFC 7515, 7.1). */
export function bearerToken(authorization: string | undefined): string | null {
  if (authorization === undefined || authorization.length > LONGEST) return null;
  return BEARER.exec(authorization)?.[1] ?? null;
}

/**
 * The id of the key that a token names, if its header is one that we write: nothing else in a header means anything
 * here, so `crit`, `jku`, `jwk`, `x5u`, `b64` and whatever comes are refused by not being known (S-56, RFC 8725, 3.10).
 */
export function keyIdOf(token: string, type: string): string | null {
  const header = parsed(token.slice(0, token.indexOf('.')));
  if (header === null || typeof header !== 'object' || Array.isArray(header)) return null;
  const { alg, typ, kid, ...unknown } = header as Record<string, unknown>;
  if (alg !== 'ES256' || typ !== type || Object.keys(unknown).length > 0) return null;
  return typeof kid === 'string' ? kid : null;
}

function parsed(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
  } catch {
    // Not a token of anybody.
    return null;
  }
}
