import type { Connections } from './connections.js';

/**
 * One life of a database: another one begins when a standby takes over, or a copy is put in its place. What was
 * acknowledged in the one before may be missing in it.
 */
export interface Epoch {
  /** Names the cluster for as long as its files are copied and not made anew. */
  readonly system: string;
  /** Counts the promotions of a copy. */
  readonly timeline: number;
  /** Whether what commits now waits for a standby. */
  readonly waitsForStandby: boolean;
  /** Of the last thing that it took over from the life before, in milliseconds; null where nothing says it. */
  readonly asOf: number | null;
}

/** How one epoch follows another: `older` has gone back in time, whatever else it is. */
export type Succession = 'promoted' | 'older' | 'another';

/** What is done about a new epoch before anybody reads or writes in it; `connections` are for that alone. */
export type Settle = (now: Epoch, how: Succession, connections: Connections) => Promise<void>;

/** In which epoch of the database this process works. */
export interface Epochs {
  /** That of the last look; null where there is none to know. */
  readonly current: Epoch | null;
  /** From now on no connection to another epoch is used until this has resolved for it. */
  settleBy(settle: Settle): void;
  /** Notices what can be noticed without a new connection. Does not throw. */
  look(): Promise<void>;
}

/** SQLite: nothing in the file says that it was put back. */
export const NO_EPOCHS: Epochs = {
  current: null,
  settleBy: () => undefined,
  look: () => Promise.resolve(),
};

/** A position in the log of changes, of which an epoch has nothing that is lost as long as it grows. */
export interface Seen extends Epoch {
  readonly position: bigint;
}

/** @returns null where nothing was lost */
export function succession(before: Seen, now: Seen): Succession | null {
  if (now.system !== before.system) return 'another';
  if (now.timeline > before.timeline) return 'promoted';
  if (now.timeline < before.timeline || now.position < before.position) return 'older';
  return null;
}
