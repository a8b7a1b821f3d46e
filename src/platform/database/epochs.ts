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
