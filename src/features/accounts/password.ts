import { createHash } from 'node:crypto';
import { passwordsDiffer, unfitPassword } from './account.errors.js';

const MAX_CODE_POINTS = 256;
const MAX_BYTES = 1_024;

/**
 * A password as it is hashed: Unicode NFC, otherwise exactly as typed (S-01).
 *
 * Nothing is trimmed, folded or cut. NFC because keyboards differ in how they compose the same visible letters.
 */
export function normalized(password: string): string {
  return password.normalize('NFC');
}

/** Whether the length allows hashing at all; longer input is refused before any work (S-01). */
export function isHashable(password: string): boolean {
  return password.length > 0 && password.length <= MAX_BYTES && Buffer.byteLength(password) <= MAX_BYTES;
}

/**
 * A new password: long enough, not too long, normalised.
 *
 * @throws DomainError invalid
 */
export function newPassword(text: string, minCodePoints: number, field: string): string {
  if (!isHashable(text) && text.length > 0)
    throw unfitPassword(field, 'long', `must have at most ${MAX_BYTES} bytes`);
  const password = normalized(text);
  const length = Array.from(password).length;
  if (length < minCodePoints) {
    throw unfitPassword(field, 'short', `must have at least ${minCodePoints} characters`);
  }
  if (length > MAX_CODE_POINTS) {
    throw unfitPassword(field, 'long', `must have at most ${MAX_CODE_POINTS} characters`);
  }
  return password;
}

/** A new password that was typed twice, so that a slip of the finger locks nobody out. @throws DomainError invalid */
export function typedTwice(password: string, again: string): string {
  if (normalized(password) !== normalized(again)) throw passwordsDiffer();
  return password;
}

/** In this order, as the clients did it; the back-slash entity really stands for the slash (protocol document, E7). */
const LEGACY_FILTER = [
  ['&', '&amp;'],
  ['/', '&#092;'],
  ['!', '&#33;'],
  ['$', '&#036;'],
  ['"', '&quot;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ["'", '&#39;'],
] as const;

/** What clients before 2016-10 sent instead of the password: upper-case MD5 hex of the filtered text (E7, S-06). */
export function legacyDigest(password: string): string {
  const filtered = LEGACY_FILTER.reduce((text, [from, to]) => text.replaceAll(from, to), password);
  return createHash('md5').update(filtered, 'utf8').digest('hex').toUpperCase();
}
