import { Clock } from '../../shared/clock.js';

/** A clock that nobody sets: for counting what must not be freed, or held, because somebody moved the machine's. */
export class SteadyClock extends Clock {
  override now(): number {
    return performance.timeOrigin + performance.now();
  }
}
