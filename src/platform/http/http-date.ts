import { SECOND, type Clock } from '../../shared/clock.js';

/** The time as a head tells it (RFC 9110, 6.6.1), put into words once a second. */
export class HttpDate {
  #second = NaN;
  #text = '';

  constructor(private readonly clock: Clock) {}

  get text(): string {
    const second = Math.floor(this.clock.now() / SECOND);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * SECOND).toUTCString();
    }
    return this.#text;
  }
}
