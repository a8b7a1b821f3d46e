/** Something with a place in a chain. */
export interface Link<Self> {
  older: Self | undefined;
  newer: Self | undefined;
}

/** What came one after another, of which any may be taken out: all of it costs the same, however long the chain is. */
export class Chain<One extends Link<One>> {
  #oldest: One | undefined;
  #youngest: One | undefined;
  #length = 0;

  get oldest(): One | undefined {
    return this.#oldest;
  }

  get length(): number {
    return this.#length;
  }

  /** @param one that is in no chain */
  append(one: One): void {
    one.older = this.#youngest;
    one.newer = undefined;
    if (this.#youngest) this.#youngest.newer = one;
    else this.#oldest = one;
    this.#youngest = one;
    this.#length += 1;
  }

  /** @param one that is in this chain */
  takeOut(one: One): void {
    const { older, newer } = one;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#youngest = older;
    // Whoever still holds it must not keep others alive.
    one.older = one.newer = undefined;
    this.#length -= 1;
  }
}
