import type { IncomingHttpHeaders } from 'node:http';
import { hash } from 'node:crypto';
import { Memory } from '../../shared/memory.js';
import type { ReadyAnswer } from './ready-answer.js';
import { ALWAYS_READ, type BriefRequest, type WholeRequest } from './whole-request.js';

/** About 800 bytes each, with how to answer again: 40 MB at most. */
const MOST = 50_000;
/** A power of two: 1 MB. */
const SIGHTS = 262_144;

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
  /** A part of the digest of what was seen, where another part of it says; who comes later takes the place. */
  readonly #seen = new Uint32Array(SIGHTS);
  /** What was looked for last, so that it is not hashed once more to be remembered. */
  #last: { readonly piece: Buffer; readonly key: string } | undefined;

  /** One without a body: what is in one must be read. */
  remember({ method, url, headers, piece }: WholeRequest, of: Of, ask: () => AskAgain | null): void {
    const key = this.#keyOf(piece);
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
    return this.#known.get(this.#keyOf(piece));
  }

  forget(piece: Buffer): void {
    this.#known.delete(this.#keyOf(piece));
  }

  /** 256 bits as so many characters: nobody can make other bytes that have the same. */
  #keyOf(piece: Buffer): string {
    if (this.#last?.piece === piece) return this.#last.key;
    const key = hash('sha256', piece, 'binary');
    this.#last = { piece, key };
    return key;
  }

  #isSeenAgain(key: string): boolean {
    const [place, mark] = [number(key, 0) % SIGHTS, number(key, 3)];
    if (this.#seen[place] === mark) return true;
    this.#seen[place] = mark;
    return false;
  }
}

/** Of three characters, from 0 to 255 each. */
function number(key: string, at: number): number {
  return key.charCodeAt(at) | (key.charCodeAt(at + 1) << 8) | (key.charCodeAt(at + 2) << 16);
}

/** A text of its own: as a part it would keep all that it was cut from, and so the credentials. */
function apart(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
