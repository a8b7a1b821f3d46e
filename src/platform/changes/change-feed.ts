/** Something that others may remember has changed; what it is, they know. */
export interface Change {
  /** `account`: its state, its sign-ins or its links. `server`: anything about it. */
  readonly topic: 'account' | 'server';
  readonly id: string;
  /** Of a server: it was heard from then, and nothing else has changed. Whoever passes over this takes it for any change. */
  readonly heardAt?: number | undefined;
}

/** Numbered in the order of publication: who misses a number has missed a change. */
export type NumberedChange = Change & { readonly sequence: number };

export interface ChangeListener {
  changed(change: NumberedChange): void;
  /** Changes may have passed unheard: whatever was remembered is worth nothing. */
  missed(): void;
}

/**
 * Tells whoever remembers what was read that it has changed.
 *
 * Every adapter: listeners of the publishing process are told before `publish` returns, so that nothing remembered is
 * stale once a change is acknowledged; each listener is told in the order of publication; one that throws does not stop
 * the others.
 */
export abstract class ChangeFeed {
  /**
   * Whether this process hears of every change, whoever makes it, within a second (S-62). Only then may anything be
   * remembered. Asked on every hot request: costs next to nothing.
   */
  abstract get hearsAll(): boolean;

  /**
   * Whether nobody else writes: what is remembered is then as it is now, not as it was within the last second. Whoever
   * decides by it that nothing has to be written asks this.
   */
  abstract get isAlone(): boolean;

  /** After the commit. Does not throw. */
  abstract publish(change: Change): void;

  /** A commit whose answer was lost may still happen. For some minutes nothing is to be remembered. */
  abstract doubt(): void;

  /** Somebody changed the store past the broker: everybody forgets what they remember. */
  abstract forget(): void;

  /** @returns what ends the listening */
  abstract listen(listener: ChangeListener): () => void;
}
