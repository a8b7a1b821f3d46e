/** Whoever works with it says so ten times a second; when others are heard so long without that, nobody does. */
const LATER_FOR_MS = 5_000;

/** The primary with which another node works, where it took over from the one that this node is led to. */
export class LaterPrimary {
  #timeline = 0;
  #saidAt: number | undefined;

  /**
   * Another node works on that timeline, and this one on `ours`.
   *
   * @returns whether theirs is later, and was not known before
   */
  hear(timeline: number, ours: number): boolean {
    const now = performance.now();
    const wasKnown = this.#saidAt !== undefined;
    if (timeline > ours) [this.#timeline, this.#saidAt] = [timeline, now];
    else if (now - (this.#saidAt ?? now) > LATER_FOR_MS) this.forget();
    return timeline > ours && !wasKnown;
  }

  isLaterThan(timeline: number): boolean {
    return this.#saidAt !== undefined && this.#timeline > timeline;
  }

  forget(): void {
    this.#saidAt = undefined;
  }
}
