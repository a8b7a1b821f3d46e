import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { SteadyClock } from '../../platform/clock/steady-clock.js';

/** Longer than the work takes on a machine that is not overloaded, and too short for people to notice. */
const BEAT_MS = 50;

/**
 * Ends work a whole number of beats after it began: what was done meanwhile cannot be told from the time it took (S-30 to
 * S-32). Equal statements would not do: one row more or less shows, and differently on each database.
 *
 * By a clock that stands still, as that of most tests, no time was taken and nothing is waited for.
 */
@Injectable()
export class Beat {
  constructor(private readonly clock: SteadyClock) {}

  /** Ends on the beat, well or not. */
  async keptBy<T>(work: () => Promise<T>): Promise<T> {
    const since = this.clock.now();
    try {
      return await work();
    } finally {
      await this.#next(since);
    }
  }

  /** The same for refusals alone, where success tells anyway. */
  async keptByRefusals<T>(work: () => Promise<T>): Promise<T> {
    const since = this.clock.now();
    try {
      return await work();
    } catch (error) {
      await this.#next(since);
      throw error;
    }
  }

  async #next(since: number): Promise<void> {
    const took = this.clock.now() - since;
    const end = performance.now() + BEAT_MS * Math.ceil(took / BEAT_MS) - took;
    // Timers count from the start of a turn of the event loop, so one may ring a little early.
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      await pause(Math.ceil(left));
    }
  }
}
