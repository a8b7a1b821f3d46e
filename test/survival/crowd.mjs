/** Media servers, devices and televisions that come from addresses of their own, as they come to an operator's HAProxy. */
import { clearInterval, setInterval } from 'node:timers';
import { Lanes } from './flood/lanes.mjs';
import { requestOf } from './flood/requests.mjs';

/** Connections that are kept, each from an address of its own. */
const LANES = 300;
const ROOM = 2_000;
const LOOK_MS = 250;

/** @typedef {import('./flood/requests.mjs').Kind} Kind */

/** Reads and writes, three in seven of them writes. @type {readonly Kind[]} */
const IN_TURN = ['discovery', 'server-list', 'pin', 'discovery', 'change', 'server-list', 'registration'];
/** What an address does once or twice a day: each comes from one that has not been seen. @type {ReadonlySet<Kind>} */
const STRANGERS = new Set(['pin', 'registration']);

export class Crowd {
  #lanes;
  #looks;
  #sent = 0;

  /** @param {number} port @param {import('./flood/requests.mjs').Cast} cast */
  constructor(port, cast) {
    this.cast = cast;
    this.#lanes = new Lanes(port, ROOM);
    this.#lanes.open(LANES);
    this.#looks = setInterval(() => this.#lanes.look(performance.now()), LOOK_MS);
  }

  leave() {
    clearInterval(this.#looks);
    this.#lanes.close();
  }

  /** The next request. No one is sent twice. @returns {Promise<{ status: number }>} throws, and names the kind, where it is not served */
  ask() {
    const at = this.#sent;
    this.#sent += 1;
    const kind = IN_TURN[at % IN_TURN.length] ?? 'discovery';
    return new Promise((resolve, reject) => {
      const done = (/** @type {import('./flood/lane.mjs').Answer | Error} */ outcome) => {
        if (outcome instanceof Error) reject(new Error(`${kind}: ${outcome.message}`));
        else if (outcome.status === 200) resolve(outcome);
        else reject(new Error(`${kind}: ${outcome.status} of ${outcome.isOfNode ? 'a node' : 'HAProxy'}`));
      };
      this.#lanes.send(requestOf(kind, this.cast, at), done, STRANGERS.has(kind));
    });
  }

  /**
   * As many as are answered when so many ask at once, each again and again.
   * @param {number} callers @param {number} seconds @returns {Promise<number>} served in a second
   */
  async served(callers, seconds) {
    const since = performance.now();
    let served = 0;
    const caller = async () => {
      while (performance.now() - since < seconds * 1_000) {
        const isServed = await this.ask().then(
          () => true,
          () => false,
        );
        if (isServed) served += 1;
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    return (served * 1_000) / (performance.now() - since);
  }
}
