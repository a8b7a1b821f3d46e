import { Clock } from '../../src/shared/clock.js';

/** Stands still until a test moves it. */
export class FixedClock extends Clock {
  #now: number;

  constructor(now = Date.UTC(2026, 0, 1, 12)) {
    super();
    this.#now = now;
  }

  override now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
