/**
 * Media servers and devices that ask for their lists all the time, whatever happens: a list is complete or an error
 * and nobody who is registered or signed in is told 401 or 404.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parsed } from '../bench/json.mjs';
import { deviceList, link, registerServer, serverList } from './people.mjs';

/** @typedef {import('./people.mjs').Person} Person */

/** Between two askings. */
const EVERY_MS = 100;

export class Watch {
  /** What must never be. @type {string[]} */
  offences = [];
  /** Answers that were lists. */
  lists = 0;
  /** Answers that were 503 or 429, or none. */
  without = 0;
  /** How long each took, in milliseconds. @type {number[]} */
  times = [];
  #stopped = false;
  /** @type {Promise<unknown> | undefined} */
  #asking;

  /** @param {readonly { name: string, size: number, ask: (url: string) => Promise<import('./people.mjs').Answer> }[]} subjects */
  constructor(subjects) {
    this.subjects = subjects;
  }

  /**
   * Makes servers, each linked with the person, and watches all of them.
   * @param {string} url @param {Person} person @param {number} servers
   */
  static async over(url, person, servers) {
    const subjects = [
      { name: 'device', size: servers, ask: (/** @type {string} */ at) => deviceList(at, person) },
    ];
    for (let n = 0; n < servers; n += 1) {
      const server = await registerServer(url, `watched ${n}`);
      await link(url, server, person, `watched-link-key-${n}`.padEnd(32, '0'));
      subjects.push({ name: `server ${n}`, size: 1, ask: (at) => serverList(at, server) });
    }
    return new Watch(subjects);
  }

  /** Begins. @param {() => string} url of the broker; it may change */
  start(url) {
    this.#stopped = false;
    this.#asking = Promise.all(this.subjects.map((subject) => this.#follow(subject, url)));
  }

  async stop() {
    this.#stopped = true;
    await this.#asking;
  }

  /** @param {Watch['subjects'][number]} subject @param {() => string} url */
  async #follow({ name, size, ask }, url) {
    while (!this.#stopped) {
      const since = performance.now();
      try {
        this.#judge(name, size, await ask(url()));
      } catch {
        this.without += 1;
      }
      this.times.push(performance.now() - since);
      await pause(EVERY_MS);
    }
  }

  /** @param {string} name @param {number} size @param {import('./people.mjs').Answer} answer */
  #judge(name, size, { status, text, headers }) {
    if (status === 200) {
      this.lists += 1;
      const length = /** @type {unknown[]} */ (parsed(text)).length;
      if (length !== size) this.offences.push(`${name} was told ${length} of ${size}`);
    } else if (status === 503 || status === 429) {
      this.without += 1;
      if (headers.get('retry-after') === null)
        this.offences.push(`${name} got ${status} without Retry-After`);
    } else {
      this.offences.push(`${name} was answered ${status}`);
    }
  }
}
