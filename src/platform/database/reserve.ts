import { MINUTE } from '../../shared/clock.js';

/** Room on the disk for what must go on when there is no other left: signing in, and writing down that somebody did. */
export interface Reserve {
  /** The disk is full: what is left is for those units of work that may use it. */
  readonly isSpent: boolean;
  /** A write found the disk full, and nobody knows yet that there is room again. */
  readonly isFull: boolean;
  /**
   * A write found the disk full: gives the room free, and takes it again when there is enough.
   *
   * @returns whether there is room now that was not there before
   */
  spend(): boolean;
  close(): void;
}

/** Nobody knows that there is room again before the next write: it counts as full for so long. */
const RECENTLY_MS = MINUTE;

/** Where the database's disk is somebody else's: each write finds out for itself. */
export class NoReserve implements Reserve {
  readonly isSpent = false;
  #foundFullAt = -Infinity;

  constructor(private readonly now = () => performance.now()) {}

  get isFull(): boolean {
    return this.now() - this.#foundFullAt < RECENTLY_MS;
  }

  spend(): boolean {
    this.#foundFullAt = this.now();
    return false;
  }

  close(): void {
    // There is nothing to give back.
  }
}
