import type { Server } from 'node:http';
import { SECOND, type Clock } from '../../shared/clock.js';

/** The fields that Node adds to each answer on a connection that stays open, for answers that are written past it. */
export class NodeFields {
  #connection = '';
  #second = NaN;
  #text = '';

  constructor(private readonly clock: Clock) {}

  /** Of the server whose answers they are; before `text` is asked for. */
  of({ keepAliveTimeout }: Server): void {
    this.#connection = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeout / SECOND)}\r\n`;
    this.#second = NaN;
  }

  /** Those fields and the empty line behind them; put into words once a second (RFC 9110, 6.6.1). */
  get text(): string {
    const second = Math.floor(this.clock.now() / SECOND);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = `Date: ${new Date(second * SECOND).toUTCString()}\r\n${this.#connection}\r\n`;
    }
    return this.#text;
  }
}
