import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from './cluster.mjs';
import { Findings } from './findings.mjs';
import { ENDINGS, LAST_ENDINGS } from './ways-to-end.mjs';

/** @typedef {import('./ways-to-end.mjs').Ending} Ending */
/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {import('./rights.mjs').Right} Right */
/** When it was asked for, and acknowledged. @typedef {{ from: number, acknowledged: number, isOver: boolean }} Course */

/** With Redis away what has ended may count for longer. */
const BOUNDS_MS = { ever: 500, withoutRedis: 2_000 };
/** Between two askings for one right at one node. */
const EVERY_MS = 40;
/** One origin, as apps know it. */
const SETTINGS = { PUBLIC_URL: 'http://localhost:8095' };

class Endings {
  played = 0;
  asked = 0;
  /** The latest beginning of an asking that was still answered as before, after the acknowledgement, in milliseconds. */
  slowest = 0;
  /** @type {string[]} */
  stale = [];
  /** Neither as before nor as afterwards. @type {string[]} */
  errors = [];
  limit = BOUNDS_MS.ever;

  /** @param {Cluster} cluster */
  constructor(cluster) {
    this.cluster = cluster;
  }

  /** All endings, the last ones each by somebody who is nobody afterwards. @param {readonly Person[]} people as many as last endings */
  async round(people) {
    const [person] = people;
    for (const [what, prepare] of Object.entries(ENDINGS))
      if (person) await this.#play(what, prepare, person);
    for (const [n, [what, prepare]] of Object.entries(LAST_ENDINGS).entries()) {
      const last = people[n];
      if (last) await this.#play(what, prepare, last);
    }
  }

  /** @returns {number} `slowest`, and begins anew */
  take() {
    const { slowest } = this;
    this.slowest = 0;
    return slowest;
  }

  /** Prepared at one node, ended at the next. @param {string} what @param {(typeof ENDINGS)[string]} prepare @param {Person} person */
  async #play(what, prepare, person) {
    const { nodes } = this.cluster;
    const { url } = this.cluster.at(this.played);
    const { rights, once = {}, act, status: wanted } = await prepare(url, person);
    // What is accepted may take as long to be seen.
    await pause(this.limit);
    const course = { from: Infinity, acknowledged: Infinity, isOver: false };
    const following = Object.entries(rights).flatMap(([name, right]) =>
      nodes.map((node, n) => this.#follow(`${what}, ${name}, node ${n}`, () => right(node.url), course)),
    );
    await pause(5 * EVERY_MS);
    course.from = performance.now();
    const { status, text } = await act();
    course.acknowledged = performance.now();
    if (status !== wanted) this.errors.push(`${what}: answered ${status}: ${text.slice(0, 100)}`);
    await pause(this.limit);
    for (const [name, right] of Object.entries(once)) await this.#isGone(`${what}, ${name}`, right);
    await pause(5 * EVERY_MS);
    course.isOver = true;
    await Promise.all(following);
    this.played += 1;
  }

  /** @param {string} what @param {Right} right */
  async #isGone(what, right) {
    for (const [n, { url }] of this.cluster.nodes.entries()) {
      const counts = await this.#ask(`${what}, node ${n}`, () => right(url));
      if (counts === true) this.stale.push(`${what}, node ${n}: counted ${this.limit} ms after its end`);
    }
  }

  /** @param {string} what @param {() => Promise<boolean>} right @param {Course} course */
  async #follow(what, right, course) {
    let last;
    while (!course.isOver) {
      const since = performance.now();
      const counts = await this.#ask(what, right);
      if (counts !== null) this.#judge(what, counts, since, course);
      last = counts ?? last;
      await pause(EVERY_MS);
    }
    if (last !== false) this.stale.push(`${what}: counted to the last`);
  }

  /** @param {string} what @param {() => Promise<boolean>} right @returns {Promise<boolean | null>} null: nobody knows */
  async #ask(what, right) {
    this.asked += 1;
    try {
      return await right();
    } catch (error) {
      this.errors.push(`${what}: ${String(error)}`);
      return null;
    }
  }

  /** @param {string} what @param {boolean} counts @param {number} since @param {Course} course */
  #judge(what, counts, since, { from, acknowledged }) {
    if (!counts && performance.now() < from) this.errors.push(`${what}: gone before it was ended`);
    const late = since - acknowledged;
    if (!counts || late <= 0) return;
    this.slowest = Math.max(this.slowest, late);
    if (late > this.limit) this.stale.push(`${what}: counted ${Math.round(late)} ms after its end`);
  }
}

/** @type {import('./stage.mjs').Experiment} */
export const endings = {
  id: 'R-50',
  what: 'sign-ins, links, passwords and accounts ended at one of three nodes in every way there is, Redis killed and replaced in the middle',
  must: 'nothing that begins 500 ms after the acknowledgement is answered as before at any node, 2 s without Redis; no error because of Redis',
  async run(stage) {
    const [before, without, after] = stage.pick([8, 3, 3], [1, 1, 1]);
    const last = Object.keys(LAST_ENDINGS).length;
    const names = Array.from({ length: (before + without + after) * last }, (_none, n) => `person-${n}`);
    const cluster = await Cluster.start(stage, [SETTINGS, SETTINGS, SETTINGS], names);
    const ends = new Endings(cluster);
    let round = 0;
    const rounds = async (/** @type {number} */ count) => {
      for (const until = round + count; round < until; round += 1)
        await ends.round(cluster.people.slice(round * last, (round + 1) * last));
      stage.say(`${ends.played} endings`);
      return ends.take();
    };
    const withRedis = await rounds(before);
    await cluster.killRedis();
    ends.limit = BOUNDS_MS.withoutRedis;
    const withoutRedis = await rounds(without);
    await cluster.newRedis();
    await cluster.remembers();
    ends.limit = BOUNDS_MS.ever;
    const again = await rounds(after);
    return new Findings()
      .note('ways', Object.keys({ ...ENDINGS, ...LAST_ENDINGS }).length)
      .note('endings', ends.played)
      .note('askings', ends.asked)
      .none('answered as before', ends.stale)
      .none('errors', ends.errors)
      .atMost('slowest to go', withRedis, BOUNDS_MS.ever, 'ms')
      .atMost('slowest to go without Redis', withoutRedis, BOUNDS_MS.withoutRedis, 'ms')
      .atMost('slowest to go afterwards', again, BOUNDS_MS.ever, 'ms');
  },
};
