/**
 * Whether this process alone writes to the database. Only then does it hear of every change by itself, and may remember
 * what it read.
 */
export interface Solitude {
  /** True only if it was confirmed within the last second (S-62). Asked on every hot request: costs next to nothing. */
  isAlone(): boolean;
  /** Whether other processes can see that this one writes; else a commit could pass unheard by one that remembers. */
  isVisible(): boolean;
  /** Called each time others may have written: what was remembered before is worth nothing. */
  whenBroken(listener: () => void): void;
  close(): Promise<void>;
}

/** How long one confirmation counts (S-62). */
export const CONFIRMED_FOR_MS = 1_000;

/** A process that remembers nothing, and whose writes the others notice by themselves. */
export const IN_COMPANY: Solitude = {
  isAlone: () => false,
  isVisible: () => true,
  whenBroken: () => undefined,
  close: () => Promise.resolve(),
};
