/**
 * Who else writes to the database. A process that is alone hears of every change by itself, and may remember what it
 * read; in company it may only if it hears all the others (`platform/changes`).
 */
export interface Solitude {
  /** True only if it was confirmed within the last second (S-62). Asked on every hot request: costs next to nothing. */
  isAlone(): boolean;
  /** Whether other processes can see that this one writes; else a commit could pass unheard by one that remembers. */
  isVisible(): boolean;
  /**
   * Whether this process does what one of them is enough for. One at most of those that see each other; each, while it does
   * not know who is there: better done twice than by nobody. So what it does must stay right when two do it at once.
   */
  leads(): boolean;
  /** Called each time others may have written unheard: what was remembered before is worth nothing. */
  whenBroken(listener: () => void): void;
  close(): Promise<void>;
}

/** The same where processes know each other apart. */
export interface Company extends Solitude {
  /** By it the others know this process; another one after each start. */
  readonly number: number;
  /** Those who may write besides this process; null if that was not confirmed within the last second. */
  others(): ReadonlySet<number> | null;
  /** That process has said that it writes no more, and everything that it said was heard. */
  hasLeft(number: number): void;
}

/** How long one confirmation counts (S-62). */
export const CONFIRMED_FOR_MS = 1_000;

/** A process that remembers nothing, and whose writes the others notice by themselves. */
export const IN_COMPANY: Solitude = {
  isAlone: () => false,
  isVisible: () => true,
  leads: () => false,
  whenBroken: () => undefined,
  close: () => Promise.resolve(),
};
