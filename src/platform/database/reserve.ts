/** Room on the disk for what must go on when there is no other left: signing in, and writing down that somebody did. */
export interface Reserve {
  /** The disk is full: what is left is for those units of work that may use it. */
  readonly isSpent: boolean;
  /**
   * A write found the disk full: gives the room free, and takes it again when there is enough.
   *
   * @returns whether there is room now that was not there before
   */
  spend(): boolean;
  close(): void;
}

/** Where the database's disk is somebody else's: each write finds out for itself. */
export const NO_RESERVE: Reserve = { isSpent: false, spend: () => false, close: () => undefined };
