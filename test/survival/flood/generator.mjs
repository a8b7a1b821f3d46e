/**
 * The load generator of floods: a process of its own that says in one line of JSON what came back.
 *
 * Requests are due at a rate, whatever becomes of those before (an open loop): a broker that slows down is not spared, and
 * what waits for a connection, for being accepted or for an answer counts from when it was due.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { parsed } from '../../bench/json.mjs';
import { Lanes } from './lanes.mjs';
import { cpuOf, idleOf } from '../process.mjs';
import { requestOf } from './requests.mjs';
import { Tally } from './tally.mjs';

/**
 * @typedef {object} Job
 * @property {number} port
 * @property {number} seconds
 * @property {number} rate requests a second; or
 * @property {number} [inFlight] so many all the time: each asks again once it is answered, a second later where it was refused
 * @property {Partial<Record<import('./requests.mjs').Kind, number>>} mix shares of the kinds, of any sum
 * @property {import('./requests.mjs').Cast} cast
 * @property {number} lanes connections that are open from the beginning
 * @property {number} room at most so many at once
 * @property {number} [fresh] share of requests on a connection of their own, from 0 to 1
 * @property {Partial<Record<import('./requests.mjs').Kind, number>>} [from] number of the first request of a kind, where it is not nought
 * @property {number} [pid] of the broker, which has the first core
 */

/** @typedef {{ kinds: Partial<Record<import('./requests.mjs').Kind, import('./tally.mjs').Told>>, all: import('./tally.mjs').Told, seconds: number, connections: number, lag: number, elapsed: number, processor: number, idle: number }} Outcome `lag`: p99 of how late the generator itself was, in milliseconds; of the `elapsed` seconds until the last answer the broker took `processor`, and its core had nothing to do for `idle` */

const TICK_MS = 1;
const LOOK_MS = 250;
const GIVE_UP_MS = 15_000;

const job = /** @type {Job} */ (parsed(process.argv[2] ?? '{}'));
const lanes = new Lanes(job.port, job.room);
const kinds = /** @type {import('./requests.mjs').Kind[]} */ (Object.keys(job.mix));
/** @type {Map<import('./requests.mjs').Kind, Tally>} */
const tallies = new Map(kinds.map((kind) => [kind, new Tally(kind)]));
let open = 0;

/** Kinds in turn, each as often as its share says, evenly spread. */
class Mix {
  #places = kinds.map((kind) => ({ kind, share: job.mix[kind] ?? 0, owed: 0 }));
  #total = this.#places.reduce((sum, { share }) => sum + share, 0);

  /** @returns {import('./requests.mjs').Kind} */
  next() {
    for (const place of this.#places) place.owed += place.share / this.#total;
    const most = this.#places.reduce((best, place) => (place.owed > best.owed ? place : best));
    most.owed -= 1;
    return most.kind;
  }
}

/**
 * @param {import('./requests.mjs').Kind} kind @param {number} due @param {boolean} fresh
 * @param {(outcome: import('./lane.mjs').Answer | Error) => void} [then]
 */
function send(kind, due, fresh, then) {
  const tally = /** @type {Tally} */ (tallies.get(kind));
  const request = requestOf(kind, job.cast, (job.from?.[kind] ?? 0) + tally.sent);
  tally.sent += 1;
  open += 1;
  const done = (/** @type {import('./lane.mjs').Answer | Error} */ outcome) => {
    open -= 1;
    if (outcome instanceof Error) tally.unanswered(outcome.message);
    else tally.answered(outcome.status, performance.now() - due, outcome.retryAfter);
    then?.(outcome);
  };
  lanes.send(request, done, fresh);
}

/** @returns {Promise<number>} when it began */
function flood() {
  const mix = new Mix();
  const since = performance.now();
  let sent = 0;
  let freshOwed = 0;
  const step = () => {
    const now = performance.now();
    const due = Math.min(now - since, job.seconds * 1_000);
    while (sent < (due / 1_000) * job.rate) {
      freshOwed += job.fresh ?? 0;
      const fresh = freshOwed >= 1;
      if (fresh) freshOwed -= 1;
      send(mix.next(), since + (sent * 1_000) / job.rate, fresh);
      sent += 1;
    }
    return now - since < job.seconds * 1_000;
  };
  return new Promise((resolve) => {
    const ticks = setInterval(() => {
      if (step()) return;
      clearInterval(ticks);
      resolve(since);
    }, TICK_MS);
  });
}

/** @param {number} inFlight @returns {Promise<number>} when it began */
async function keepBusy(inFlight) {
  const mix = new Mix();
  const since = performance.now();
  const isOver = () => performance.now() - since >= job.seconds * 1_000;
  const one = async () => {
    while (!isOver()) {
      /** @type {import('./lane.mjs').Answer | Error} */
      const answered = await new Promise((resolve) => send(mix.next(), performance.now(), false, resolve));
      if (answered instanceof Error || answered.status === 503) await pause(1_000);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return since;
}

/** Waits for what is open. @param {number} until */
const settled = (until) =>
  new Promise((resolve) => {
    const looks = setInterval(() => {
      if (open > 0 && performance.now() < until) return;
      clearInterval(looks);
      resolve(undefined);
    }, TICK_MS);
  });

const times = () =>
  job.pid === undefined ? { processor: 0, idle: 0 } : { processor: cpuOf(job.pid), idle: idleOf(0) };

const looks = setInterval(() => lanes.look(performance.now()), LOOK_MS);
const delays = monitorEventLoopDelay({ resolution: 5 });
lanes.open(job.lanes);
// Connections that are there from the beginning were accepted long ago.
await pause(200 + job.lanes);
delays.enable();
const used = times();
const since = await (job.inFlight === undefined ? flood() : keepBusy(job.inFlight));
delays.disable();
const seconds = (performance.now() - since) / 1_000;
await settled(performance.now() + GIVE_UP_MS);
// What was open counts as served, too.
const { processor, idle } = times();
const elapsed = (performance.now() - since) / 1_000;
clearInterval(looks);
/** @type {Outcome} */
const outcome = {
  kinds: Object.fromEntries([...tallies].map(([kind, tally]) => [kind, tally.told])),
  all: Tally.of([...tallies.values()]).told,
  seconds,
  connections: lanes.most,
  lag: delays.percentile(99) / 1e6,
  elapsed,
  processor: processor - used.processor,
  idle: idle - used.idle,
};
lanes.close();
process.stdout.write(`${JSON.stringify(outcome)}\n`);
