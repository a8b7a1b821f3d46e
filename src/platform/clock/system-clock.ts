import { Clock } from '../../shared/clock.js';

/** The machine's clock. The only place that asks it. */
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}
