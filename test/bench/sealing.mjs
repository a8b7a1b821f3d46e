/** What the broker seals with its key ring, sealed and opened past the broker. */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parsed } from './json.mjs';

/** @typedef {{ id: string, secret: Buffer }} SealingKey */

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const nonces = Buffer.alloc(NONCE_BYTES * 1_024);
let used = nonces.length;

/** Many are fetched at a time: one by one they cost as much as the sealing. */
function freshNonce() {
  if (used === nonces.length) {
    randomFillSync(nonces);
    used = 0;
  }
  return nonces.subarray(used, (used += NONCE_BYTES));
}

/** @param {string} dataDir @returns {SealingKey} the key that seals now */
export function sealingKey(dataDir) {
  const ring = /** @type {{ keys: { id: string, use: string, secret: string }[] }} */ (
    parsed(readFileSync(`${dataDir}/keyring.json`, 'utf8'))
  );
  const key = ring.keys.filter(({ use }) => use === 'encrypt').at(-1);
  if (!key) throw new Error('the key ring has no key that encrypts');
  return { id: key.id, secret: Buffer.from(key.secret, 'hex') };
}

/** As `KeyRing.seal` does it. @param {SealingKey} key @param {string} text @param {readonly string[]} context */
export function seal(key, text, context) {
  const nonce = freshNonce();
  const cipher = createCipheriv('aes-256-gcm', key.secret, nonce);
  cipher.setAAD(joined(key, context));
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${key.id}.${sealed.toString('base64url')}`;
}

/** As `KeyRing.open` does it. @param {SealingKey} key @param {string} sealed @param {readonly string[]} context */
export function open(key, sealed, context) {
  const bytes = Buffer.from(sealed.slice(sealed.indexOf('.') + 1), 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key.secret, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(joined(key, context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
}

/** @param {SealingKey} key @param {readonly string[]} context */
const joined = ({ id }, context) => Buffer.concat([id, ...context].map(prefixed));

/** @param {string} part */
function prefixed(part) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(part));
  return Buffer.concat([length, Buffer.from(part)]);
}
