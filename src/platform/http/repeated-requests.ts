import type { IncomingHttpHeaders } from 'node:http';
import { hash } from 'node:crypto';
import { Memory } from '../../shared/memory.js';
import type { ReadyAnswer } from './ready-answer.js';
import type { ReadyRequest, WholeRequest } from './whole-request.js';

/** About 900 bytes each: 18 MB. */
const MOST = 20_000;

/** These prove who asks: what is remembered of a request is without them, as tokens are kept as digests only (S-50). */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'x-connect-token',
  'x-connect-usertoken',
]);

/** Answers the same question again, from what is remembered now; null if not all of it is, or it would be refused. */
export type AskAgain = (network: string) => ReadyAnswer | null;

/** A request that was answered, and what came with it. */
interface Repeated<Of> extends Omit<ReadyRequest, 'socket'> {
  readonly of: Of;
  readonly ask: AskAgain;
}

/**
 * Requests that were answered, by the digest of their bytes. A device asks for its list with the same bytes each time: then
 * nothing has to be read or told apart, and only what may have changed is asked for (P-1).
 */
export class RepeatedRequests<Of> {
  readonly #known = new Memory<string, Repeated<Of>>(MOST);

  /** One without a body: what is in one must be read. */
  remember({ method, url, headers, piece }: WholeRequest, of: Of, ask: AskAgain): void {
    const kept: IncomingHttpHeaders = {};
    for (const [name, value] of Object.entries(headers))
      if (!CREDENTIALS.has(name) && typeof value === 'string') kept[name] = apart(value);
    this.#known.set(keyOf(piece), { method, url: apart(url), headers: kept, of, ask });
  }

  find(piece: Buffer): Repeated<Of> | undefined {
    return this.#known.size === 0 ? undefined : this.#known.get(keyOf(piece));
  }

  forget(piece: Buffer): void {
    this.#known.delete(keyOf(piece));
  }
}

/** 256 bits as so many characters: nobody can make other bytes that have the same. */
function keyOf(piece: Buffer): string {
  return hash('sha256', piece, 'binary');
}

/** A text of its own: as a part it would keep all that it was cut from, and so the credentials. */
function apart(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
