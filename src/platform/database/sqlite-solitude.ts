import type Sqlite from 'better-sqlite3';
import type { Solitude } from './solitude.js';

/** So old a look may be: well within the second that S-62 allows. */
const LOOK_EVERY_MS = 250;

/**
 * The lock file keeps other brokers away for as long as the process lives; what remains is somebody who edits the
 * file with a tool. SQLite counts the commits of other connections, so looking costs microseconds.
 */
export class SqliteSolitude implements Solitude {
  readonly #listeners: (() => void)[] = [];
  readonly #foreignCommits: () => unknown;
  #known: unknown;
  #lookedAt: number;
  #closed = false;

  /** @param writer its own commits do not count */
  constructor(
    writer: Sqlite.Database,
    private readonly now: () => number = () => performance.now(),
  ) {
    const statement = writer.prepare('PRAGMA data_version').pluck();
    this.#foreignCommits = () => statement.get();
    this.#known = this.#foreignCommits();
    this.#lookedAt = now();
  }

  isAlone(): boolean {
    if (this.#closed) return false;
    const now = this.now();
    if (now - this.#lookedAt >= LOOK_EVERY_MS) this.#look(now);
    return true;
  }

  isVisible(): boolean {
    return true;
  }

  leads(): boolean {
    return !this.#closed;
  }

  whenBroken(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #look(now: number): void {
    this.#lookedAt = now;
    const seen = this.#foreignCommits();
    if (seen === this.#known) return;
    this.#known = seen;
    for (const listener of this.#listeners) listener();
  }
}
