import type { IncomingHttpHeaders } from 'node:http';
import { hash } from 'node:crypto';
import { Memory } from '../../shared/memory.js';
import type { ReadyAnswer } from './ready-answer.js';
import { ALWAYS_READ, type BriefRequest, type WholeRequest } from './whole-request.js';

/** About 800 bytes each, with how to answer again: 40 MB at most. */
const MOST = 50_000;
/** A power of two. */
const SHELVES = 65_536;
/** 1 MB all together. With one place to a shelf, two that take turns drive each other out, and neither is ever seen again. */
const PLACES = 4;

/** Answers the same question again, from what is remembered now; null if not all of it is, or it would be refused. */
export type AskAgain = (network: string) => ReadyAnswer | null;

/** A request that was answered, and what came with it; without what proves who asks (S-50). */
interface Repeated<Of> extends Omit<BriefRequest, 'socket'> {
  readonly of: Of;
  readonly ask: AskAgain;
}

/**
 * Requests that were answered, by the digest of their bytes. A device asks for its list with the same bytes each time: then
 * nothing has to be read or told apart, and only what may have changed is asked for (P-1).
 *
 * Remembered is what comes a second time: of a crowd of which each asks once, nothing is kept (P-12).
 */
export class RepeatedRequests<Of> {
  readonly #known = new Memory<string, Repeated<Of>>(MOST);
  /** A part of the digest of what was seen, on the shelf that another part of it says; what came first makes room. */
  readonly #seen = new Uint32Array(SHELVES * PLACES);

  /** One without a body: what is in one must be read. */
  remember({ method, url, headers, piece }: WholeRequest, of: Of, ask: () => AskAgain | null): void {
    const key = keyOf(piece);
    if (!this.#isSeenAgain(key) || this.#known.has(key)) return;
    const again = ask();
    if (again === null) return;
    const kept: IncomingHttpHeaders = {};
    for (const name of ALWAYS_READ) {
      const value = headers[name];
      if (typeof value === 'string') kept[name] = apart(value);
    }
    this.#known.set(key, { method, url: apart(url), headers: kept, of, ask: again });
  }

  find(piece: Buffer): Repeated<Of> | undefined {
    return this.#known.get(keyOf(piece));
  }

  forget(piece: Buffer): void {
    this.#known.delete(keyOf(piece));
  }

  #isSeenAgain(key: string): boolean {
    const [first, mark] = [(number(key, 0) % SHELVES) * PLACES, number(key, 3)];
    for (let place = 0; place < PLACES; place += 1) if (this.#seen[first + place] === mark) return true;
    this.#seen.copyWithin(first + 1, first, first + PLACES - 1);
    this.#seen[first] = mark;
    return false;
  }
}

/** 256 bits as so many characters: nobody can make other bytes that have the same. */
function keyOf(piece: Buffer): string {
  return hash('sha256', piece, 'binary');
}

/** Of three characters, from 0 to 255 each. */
function number(key: string, at: number): number {
  return key.charCodeAt(at) | (key.charCodeAt(at + 1) << 8) | (key.charCodeAt(at + 2) << 16);
}

/** A text of its own: as a part it would keep all that it was cut from, and so the credentials. */
function apart(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
