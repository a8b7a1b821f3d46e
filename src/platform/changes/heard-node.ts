/** How many beats of a node are kept: those of more than the 1.9 s that a COMMIT may take. */
const KEPT_BEATS = 32;

/** What one node has told: whether nothing is missing, and as of when. */
export class HeardNode {
  #knownAt = -Infinity;
  #beats: { readonly beat: number; readonly at: number }[] = [];
  #acknowledged = 0;

  /**
   * @param last the number of its last change
   * @param heardAt when it was heard last
   */
  constructor(
    public last: number,
    public heardAt: number,
  ) {}

  /** Everything is known of it that it had committed, or sent to be committed, by then. */
  get knownAt(): number {
    return this.#knownAt;
  }

  /** @param knownAt when that beat of ours was sent which it had heard; undefined if it has heard none lately */
  beat(beat: number, at: number, knownAt: number | undefined): void {
    this.#beats.push({ beat, at });
    if (this.#beats.length > KEPT_BEATS) this.#beats.shift();
    if (knownAt !== undefined) this.#knownAt = Math.max(this.#knownAt, knownAt);
  }

  /** Its last beat that was heard before `horizon`, or what was said before. */
  acknowledged(horizon: number): number {
    const before = this.#beats.findLast(({ at }) => at < horizon);
    this.#acknowledged = Math.max(this.#acknowledged, before?.beat ?? 0);
    return this.#acknowledged;
  }
}
