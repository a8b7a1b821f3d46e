import type { Change } from './change-feed.js';

/**
 * Reads that are under way. What changes while a read waits for its answer must not be kept afterwards: the answer may be
 * from before the change, and arrive after everybody was told to forget it.
 */
export class OpenReads {
  /** A set would lay itself out anew every few reads, which were a tenth of one. */
  readonly #open: OpenRead[] = [];

  begin(): OpenRead {
    return new OpenRead(this.#open);
  }

  changed({ topic, id }: Change): void {
    for (const read of this.#open) read.touch(`${topic} ${id}`);
  }

  missed(): void {
    for (const read of this.#open) read.spoil();
  }
}

/** One read, from before the question was asked until `end`. */
export class OpenRead {
  /** Made when something changes: most reads are over before (P-3). */
  #touched: Set<string> | undefined;
  #isSpoilt = false;

  #at: number;

  /** @param open those that are under way, in any order */
  constructor(private readonly open: OpenRead[]) {
    this.#at = open.push(this) - 1;
  }

  /** The last one takes its place. */
  end(): void {
    if (this.#at < 0) return;
    const last = this.open.pop();
    if (last !== undefined && last !== this) {
      last.#at = this.#at;
      this.open[this.#at] = last;
    }
    this.#at = -1;
  }

  touch(subject: string): void {
    (this.#touched ??= new Set()).add(subject);
  }

  spoil(): void {
    this.#isSpoilt = true;
  }

  /** Whether any of these changed since the read began. */
  isStale(topic: Change['topic'], ids: readonly string[]): boolean {
    const touched = this.#touched;
    return this.#isSpoilt || (touched !== undefined && ids.some((id) => touched.has(`${topic} ${id}`)));
  }
}
