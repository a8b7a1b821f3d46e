/** Commits that were sent and whose changes were not told yet. What happens in them may already be seen by others. */
export class OpenCommits {
  readonly #begun = new Map<object, number>();

  begin(commit: object): void {
    this.#begun.set(commit, performance.now());
  }

  /** Its changes were told, or it has failed. */
  end(commit: object): void {
    this.#begun.delete(commit);
  }

  /** When the oldest was sent, by the monotonic clock; infinite if there is none. */
  get oldest(): number {
    for (const begunAt of this.#begun.values()) return begunAt;
    return Infinity;
  }
}
