import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { Random } from '../../shared/random.js';
import type { KeyUse, RingKey } from './key-ring-file.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A text that was sealed could not be opened: a wrong key, or somebody changed it. Never "there is nothing" (S-51). */
export class SealBroken extends Error {
  constructor(reason: string) {
    super(`a sealed value cannot be opened: ${reason}`);
    this.name = 'SealBroken';
  }
}

/**
 * The keys that are kept outside the database, and what is done with them.
 *
 * Several keys of a use may be present; the newest makes new values, the others still open old ones (S-55).
 */
export class KeyRing {
  /** The active one of each use first. */
  readonly #keys: readonly RingKey[];
  readonly #random: Random;

  constructor(keys: readonly RingKey[], random: Random) {
    this.#keys = [...keys].reverse();
    this.#random = random;
  }

  /** Ids of the keys of a use, the active one first. */
  idsOf(use: KeyUse): readonly string[] {
    return this.#keys.filter((key) => key.use === use).map((key) => key.id);
  }

  /**
   * Encrypts with AES-256-GCM under a fresh nonce. `context` binds the value to its place: it opens only with the
   * same parts in the same order (length-prefixed, S-51).
   *
   * @returns `<key id>.<base64url of nonce, ciphertext and tag>`
   */
  seal(text: string, context: readonly string[]): string {
    const key = this.#key('encrypt');
    const nonce = this.#random.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key.secret, nonce);
    cipher.setAAD(joined([key.id, ...context]));
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${key.id}.${sealed.toString('base64url')}`;
  }

  /** @throws SealBroken */
  open(sealed: string, context: readonly string[]): string {
    const dot = sealed.indexOf('.');
    const id = sealed.slice(0, dot);
    const key = this.#key('encrypt', id);
    const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key.secret, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(joined([id, ...context]));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      // As bytes: a decoder for each value costs a seventh of opening it (P-3).
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      decipher.final();
      return text.toString();
    } catch {
      throw new SealBroken('key or content does not fit');
    }
  }

  /** HMAC-SHA-256 under the named key of a use, or the active one, as lower-case hex. */
  mac(use: 'mac' | 'pepper', text: string | Buffer, keyId?: string): string {
    return createHmac('sha256', this.#key(use, keyId).secret).update(text).digest('hex');
  }

  /** Tells one key from another of the same id without giving it away; kept in the database. */
  fingerprint(use: KeyUse, keyId: string): string {
    return createHmac('sha256', this.#key(use, keyId).secret)
      .update('signpost key ring canary')
      .digest('hex');
  }

  #key(use: KeyUse, keyId?: string): RingKey {
    const key = this.#keys.find((one) => one.use === use && (keyId === undefined || one.id === keyId));
    if (!key) throw new SealBroken(`the key ring has no ${use} key ${keyId ?? ''}`.trimEnd());
    return key;
  }
}

/** Used for each value again (P-3): more than the parts of any. */
let room = Buffer.allocUnsafeSlow(512);

/** Each part after its length. What it gives holds until the next call. */
function joined(parts: readonly string[]): Buffer {
  const most = parts.reduce((sum, part) => sum + 4 + 3 * part.length, 0);
  if (most > room.length) room = Buffer.allocUnsafeSlow(most);
  let at = 0;
  for (const part of parts) {
    const length = room.write(part, at + 4);
    at = room.writeUInt32BE(length, at) + length;
  }
  return room.subarray(0, at);
}
