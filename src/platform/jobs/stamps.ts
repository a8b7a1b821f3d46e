import type { Jobs } from './jobs.service.js';

/** So many in one unit of work: 2 ms on SQLite, for which other writers wait. */
const AT_ONCE = 100;

/** Stamps, by what they are of: milliseconds since 1970. In the order of the ids, so that two nodes never wait for each other. */
export type Stamped<Id> = readonly (readonly [id: Id, at: number])[];

/**
 * Writes down when something was last used, beside the requests that use it: nobody waits for a stamp, nor fails because of
 * it. When all devices come back at once, a unit of work for each would cost more than their lists; so while
 * some are written, others gather for the next one.
 */
export class Stamps<Id extends string> {
  readonly #due = new Map<Id, number>();
  #isWriting = false;

  /** @param write as one unit of work; what fails is logged, and lost */
  constructor(
    private readonly jobs: Jobs,
    private readonly name: string,
    private readonly write: (stamped: Stamped<Id>) => Promise<void>,
  ) {}

  add(id: Id, at: number): void {
    this.#due.set(id, at);
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.jobs.soon(this.name, () => this.#writeNext());
  }

  async #writeNext(): Promise<void> {
    const next: [Id, number][] = [];
    for (const stamp of this.#due) {
      if (next.push(stamp) === AT_ONCE) break;
    }
    for (const [id] of next) this.#due.delete(id);
    try {
      await this.write(next.sort(([one], [other]) => (one < other ? -1 : 1)));
    } finally {
      if (this.#due.size === 0) this.#isWriting = false;
      else this.jobs.soon(this.name, () => this.#writeNext());
    }
  }
}
