import { Clock } from '../../shared/clock.js';

/** The machine's clock, until it is told another time. The only place that asks the machine. */
export class SystemClock extends Clock {
  /** What to add to the monotonic clock; undefined: the machine's own time counts. */
  #ahead: number | undefined;

  override now(): number {
    return this.#ahead === undefined ? Date.now() : Math.round(this.#ahead + performance.now());
  }

  /** The machine's time, whatever it was told. */
  get machineNow(): number {
    return Date.now();
  }

  /** From now on it goes on from there, whoever sets the machine's clock. */
  set(time: number, at: number): void {
    this.#ahead = time - at;
  }
}
