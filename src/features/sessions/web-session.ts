import type { AccountId } from '../../shared/ids.js';
import type { Lifetimes } from './device.js';

/** A browser that is signed in. */
export interface WebSession {
  readonly id: string;
  readonly accountId: AccountId;
  /** What the browser calls itself, shortened for people, or ''. */
  readonly browser: string;
  readonly network: string;
  /** "Stay signed in". */
  readonly persistent: boolean;
  readonly createdAt: number;
  /** To the minute: it is written at most that often. */
  readonly lastUsedAt: number;
  /** When the password was typed last (S-09). */
  readonly authenticatedAt: number;
}

export function hasEnded(session: WebSession, { idle, absolute }: Lifetimes, now: number): boolean {
  return now >= session.lastUsedAt + idle || now >= session.createdAt + absolute;
}
