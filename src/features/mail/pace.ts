/** Spaces out what must not come too fast: one slot every `1 / perSecond` seconds, no bursts. */
export class Pace {
  readonly #gapMs: number;
  #nextFree = 0;

  constructor(perSecond: number) {
    this.#gapMs = 1_000 / perSecond;
  }

  /** Takes the next slot; answers how many ms to wait for it. `now` is monotonic time in ms. */
  reserve(now: number): number {
    const slot = Math.max(now, this.#nextFree);
    this.#nextFree = slot + this.#gapMs;
    return slot - now;
  }
}
