import type { Log } from '../logging/log.js';
import { feedEvents } from './change-metrics.js';
import { ChangeFeed, type Change, type ChangeListener } from './change-feed.js';

/**
 * How long a commit that got no answer may hang in the network or in a stalled database and still happen: Linux gives
 * up resending what a closed connection left behind after about 100 s.
 */
const DOUBT_MS = 5 * 60_000;

const told = feedEvents.series({ event: 'told' });

/** The feed within one process: all it needs while it has nobody to tell but itself. */
export class LocalChangeFeed extends ChangeFeed {
  readonly #listeners = new Set<ChangeListener>();
  #sequence = 0;
  #doubtUntil = -Infinity;

  /** @param hearsOthers whether no other process writes to the database, or all that do are heard */
  constructor(
    private readonly hearsOthers: () => boolean,
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {
    super();
  }

  override get hearsAll(): boolean {
    // First: it may find that others wrote, and tell.
    return this.hearsOthers() && (this.#doubtUntil === -Infinity || this.doubtMs <= 0);
  }

  override get isAlone(): boolean {
    return this.hearsAll;
  }

  override publish(change: Change): void {
    this.#sequence += 1;
    told.add();
    const numbered = { ...change, sequence: this.#sequence };
    this.#tell((listener) => listener.changed(numbered));
  }

  override doubt(): void {
    this.doubtFor(DOUBT_MS);
  }

  /** The same for a doubt that began before, elsewhere. */
  doubtFor(ms: number): void {
    this.#doubtUntil = Math.max(this.#doubtUntil, this.now() + ms);
    feedEvents.count({ event: 'doubt' });
    const minutes = Math.ceil(ms / 60_000);
    this.log.warn({ minutes }, 'a commit got no answer: nothing is remembered for a while');
    this.forget();
  }

  /** For how long nothing is to be remembered; 0 or less: not at all. */
  get doubtMs(): number {
    return this.#doubtUntil - this.now();
  }

  override forget(): void {
    feedEvents.count({ event: 'missed' });
    this.#tell((listener) => listener.missed());
  }

  override listen(listener: ChangeListener): () => void {
    // Its own object: the same listener may listen twice and end one of them.
    const entry: ChangeListener = {
      changed: (change) => listener.changed(change),
      missed: () => listener.missed(),
    };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  #tell(how: (listener: ChangeListener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        how(listener);
      } catch (error) {
        this.log.error({ error }, 'a listener to changes failed');
      }
    }
  }
}
