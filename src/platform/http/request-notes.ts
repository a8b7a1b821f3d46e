import type { IncomingMessage } from 'node:http';
import { wholeOf } from './before-parser.js';

/**
 * What is noted of requests ahead of the framework, for whoever works on them next. Some are looked at before Node's parser reads
 * them, and are other objects behind it.
 */
export class RequestNotes<Note> {
  readonly #notes = new WeakMap<object, Note>();

  /** @param request on either side of the parser */
  set(request: object, note: Note): void {
    this.#notes.set(request, note);
  }

  of(request: IncomingMessage): Note | undefined {
    const whole = wholeOf(request);
    return this.#notes.get(request) ?? (whole && this.#notes.get(whole));
  }
}
