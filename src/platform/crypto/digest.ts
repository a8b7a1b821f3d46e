import { hash, timingSafeEqual } from 'node:crypto';

/**
 * What is stored of a token instead of the token: SHA-256, lower-case hex.
 *
 * A fast hash is right here: tokens hold 128 random bits and more, which cannot be guessed offline (S-50).
 */
export function digestOf(token: string): string {
  // In one go: an object for each hash costs more than the hash (P-1).
  return hash('sha256', token, 'hex');
}

/** Compares two digests in a time that says nothing about where they differ. */
export function sameDigest(left: string, right: string): boolean {
  const a = Buffer.from(left, 'utf8');
  const b = Buffer.from(right, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}
