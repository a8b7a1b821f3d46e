/** Access tokens as the broker's authorization server would give them, signed with its own key. */
import Sqlite from 'better-sqlite3';
import { createHmac, createPrivateKey, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { accountIdOf, appSignInIdOf, PUBLIC_URL } from './cast.mjs';
import { open, sealingKey } from './sealing.mjs';

const HOUR_SECONDS = 3_600;

/** @param {object} part */
const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');

/**
 * Signs each token once: a signature differs each time, and what apps ask all day with is a token that was seen before.
 * @param {string} dataDir with a database in SQLite
 * @param {number} count
 * @param {string} file takes the tokens of the apps of so many accounts with ten servers
 */
export const writeAccessTokens = (dataDir, count, file) => write(accessTokens(dataDir), count, file);

/**
 * Tokens as most would give them: signed with a secret.
 * @param {string} secret @param {number} count @param {string} file
 */
export const writeSimpleTokens = (secret, count, file) => write(simpleTokens(secret), count, file);

/** @param {(at: number) => string} tokenOf @param {number} count @param {string} file */
function write(tokenOf, count, file) {
  writeFileSync(file, JSON.stringify(Array.from({ length: count }, (_, at) => tokenOf(at))));
}

/** @param {string} dataDir @returns {{ id: string, pem: string }} the key that signs access tokens now */
function signingKey(dataDir) {
  const db = new Sqlite(`${dataDir}/signpost.sqlite`, { readonly: true });
  try {
    const newest =
      "SELECT id, active_from, sealed FROM signing_keys WHERE algorithm = 'ES256' ORDER BY active_from DESC";
    const row = /** @type {{ id: string, active_from: number, sealed: string } | undefined} */ (
      db.prepare(newest).get()
    );
    if (!row) throw new Error('the broker has no key that signs access tokens');
    const place = ['signing-key', row.id, 'ES256', String(row.active_from)];
    return { id: row.id, pem: open(sealingKey(dataDir), row.sealed, place) };
  } finally {
    db.close();
  }
}

/** @param {string} dataDir @returns {(at: number) => string} */
function accessTokens(dataDir) {
  const { id, pem } = signingKey(dataDir);
  const key = createPrivateKey(pem);
  const head = encoded({ alg: 'ES256', typ: 'at+jwt', kid: id });
  const iat = Math.floor(Date.now() / 1_000);
  const common = { iss: `${PUBLIC_URL}/oidc`, aud: `${PUBLIC_URL}/api/v1`, client_id: 'signpost-device' };
  return (at) => {
    const own = { sub: accountIdOf(at), sign_in: appSignInIdOf(at), jti: String(at), scope: 'servers:read' };
    const text = `${head}.${encoded({ ...common, ...own, iat, exp: iat + HOUR_SECONDS })}`;
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  };
}

/** @param {string} secret @returns {(at: number) => string} */
function simpleTokens(secret) {
  const head = encoded({ alg: 'HS256', typ: 'JWT' });
  const exp = Math.floor(Date.now() / 1_000) + HOUR_SECONDS;
  return (at) => {
    const text = `${head}.${encoded({ sub: accountIdOf(at), exp })}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
}
