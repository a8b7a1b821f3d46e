/** So many requests a second, whatever becomes of each: a queue that grows is seen as such. */
import { setTimeout as pause } from 'node:timers/promises';

export class Pace {
  /** Milliseconds of each. @type {number[]} */
  times = [];
  /** What was not 200 or 304. @type {string[]} */
  failures = [];
  #stopped = false;
  /** @type {Promise<void> | undefined} */
  #running;

  /** @param {number} perSecond @param {(at: number) => Promise<{ status: number }>} request */
  constructor(perSecond, request) {
    this.perSecond = perSecond;
    this.request = request;
  }

  start() {
    this.#stopped = false;
    this.#running = this.#run();
  }

  async stop() {
    this.#stopped = true;
    await this.#running;
  }

  async #run() {
    const since = performance.now();
    /** @type {Set<Promise<void>>} */
    const open = new Set();
    for (let at = 0; !this.#stopped; at += 1) {
      await pause(Math.max(0, since + (at * 1_000) / this.perSecond - performance.now()));
      const one = this.#one(at).finally(() => open.delete(one));
      open.add(one);
    }
    await Promise.all(open);
  }

  /** @param {number} at */
  async #one(at) {
    const since = performance.now();
    try {
      const { status } = await this.request(at);
      if (status !== 200 && status !== 304) this.failures.push(`answered ${status}`);
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error));
    }
    this.times.push(performance.now() - since);
  }
}
