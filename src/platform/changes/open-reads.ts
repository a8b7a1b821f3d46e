import type { Change } from './change-feed.js';

/**
 * Reads that are under way. What changes while a read waits for its answer must not be kept afterwards: the answer may be
 * from before the change, and arrive after everybody was told to forget it.
 */
export class OpenReads {
  readonly #open = new Set<OpenRead>();

  begin(): OpenRead {
    const read = new OpenRead(this.#open);
    this.#open.add(read);
    return read;
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

  constructor(private readonly open: Set<OpenRead>) {}

  end(): void {
    this.open.delete(this);
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
