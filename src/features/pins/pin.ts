import type { KeyRing } from '../../platform/crypto/key-ring.js';
import { DomainError } from '../../shared/domain-error.js';
import type { Random } from '../../shared/random.js';
import type { AccountId } from '../../shared/ids.js';
import { wideNetworkAround } from '../../shared/network.js';

/** How far two callers are from each other, as far as their networks tell (ADR 0018). */
export type Nearness = 'same' | 'near' | 'other';

/**
 * Of two networks that `networkOf` made. `near` is the same /24 or /48: two devices of one home where each has an
 * address of its own, as on a broker within that home.
 */
export function nearness(one: string, other: string): Nearness {
  const [wide, wideOther] = [wideNetworkAround(one), wideNetworkAround(other)];
  if (wide !== wideOther || !wide.includes('/')) return 'other';
  return one === other ? 'same' : 'near';
}

/** RFC 8628's alphabet: no vowels, so no words, and nothing that looks alike (S-40). */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;

/** `pending` until a person confirms it, `confirmed` until the device exchanges it, then over. */
export type PinState = 'pending' | 'confirmed' | 'exchanged';

/** The short code a TV shows. */
export interface Pin {
  readonly id: string;
  readonly state: PinState;
  /** What the device calls itself, as it sent it. */
  readonly deviceId: string;
  /** What the app calls itself, or ''. */
  readonly app: string;
  /** Network that made it (`networkOf`). */
  readonly network: string;
  readonly accountId: AccountId | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export function newCode(random: Random): string {
  return Array.from({ length: LENGTH }, () => ALPHABET.charAt(random.below(ALPHABET.length))).join('');
}

/** What a person typed, as it was shown: case, spaces and dashes do not matter (S-40). Null if it cannot be a PIN. */
export function typedCode(text: string): string | null {
  const code = text.replace(/[\s-]/g, '').toUpperCase();
  return code.length === LENGTH && Array.from(code).every((letter) => ALPHABET.includes(letter))
    ? code
    : null;
}

export function hasExpired(pin: Pin, now: number): boolean {
  return pin.expiresAt <= now;
}

/** What is kept of a code: look-up by value (S-40, deviation D5). */
export function macOf(ring: KeyRing, code: string): string {
  return ring.mac('mac', `pin\n${code}`);
}

export function pinUnknown(): DomainError {
  return new DomainError('not-found', 'pin-unknown', 'This PIN is wrong, used or expired.');
}
