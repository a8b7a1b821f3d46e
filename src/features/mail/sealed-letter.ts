import type { KeyRing } from '../../platform/crypto/key-ring.js';
import type { Mail } from './mail.js';

/** What is kept of a mail until it is sent: everything that is secret or personal (S-50, S-54). */
export interface Posted {
  readonly mail: Mail;
  /** The address as it was given: its local part may be case-sensitive to its mail server. */
  readonly recipient: string;
}

/** Mail servers treat addresses that differ in case as one mailbox; so do limits and refusals. */
export function recipientKeyOf(recipient: string): string {
  return recipient.toLowerCase();
}

/** Encrypted for one row of the outbox only. */
export function seal(keyRing: KeyRing, rowId: string, posted: Posted): string {
  return keyRing.seal(JSON.stringify(posted), ['outbox', rowId]);
}

/** @throws SealBroken */
export function unseal(keyRing: KeyRing, rowId: string, sealed: string): Posted {
  return JSON.parse(keyRing.open(sealed, ['outbox', rowId])) as Posted;
}
