/** Lets one task through at a time, in the order of arrival. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  pass<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(task);
    // A failed task must not stop the queue; its own caller hears of it.
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
