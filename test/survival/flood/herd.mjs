/**
 * Everybody comes back at once: a process of its own that says in one line of JSON what became of them. Each caller has
 * a connection of its own, asks for what it needs, one after the other, comes back when it is told to, and keeps the
 * connection for a while.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parsed } from '../../bench/json.mjs';
import { Lane } from './lane.mjs';
import { addressOf } from './lanes.mjs';
import { requestOf } from './requests.mjs';
import { Tally } from './tally.mjs';

/**
 * @typedef {object} Job
 * @property {number} port
 * @property {number} servers each updates itself, and asks for its links twice
 * @property {number} devices each asks for its list
 * @property {number} withinSeconds all of them come
 * @property {import('./requests.mjs').Cast} cast
 */

/** @typedef {{ all: import('./tally.mjs').Told, open: number, retryAfter: Record<string, number>, steadyAfter: number, refusedUntil: number }} Outcome `steadyAfter`: seconds until nobody was refused any more and everybody had what they came for; `refusedUntil`: until the last one was told to come back */

/** 2,000 connections at 500 new ones a second. */
const LINGER_MS = 4_000;
/** Without an answer nobody knows when to come back. */
const WITHOUT_ANSWER_SECONDS = 5;

const job = /** @type {Job} */ (parsed(process.argv[2] ?? '{}'));
const tally = new Tally('herd');
/** @type {Map<number, number>} */
const retryAfter = new Map();
const since = performance.now();
let steadyAt = since;
let refusedAt = since;
let [open, most, opened] = [0, 0, 0];

function lane() {
  opened += 1;
  open += 1;
  most = Math.max(most, open);
  return new Lane(job.port, addressOf(opened), () => undefined);
}

/** @param {Lane} from */
function leave(from) {
  if (!from.isOver) from.close();
  open -= 1;
}

/** @param {Lane} on @param {Buffer} request @returns {Promise<number>} seconds until it must be asked again; 0: it has its answer */
async function asked(on, request) {
  tally.sent += 1;
  const due = performance.now();
  /** @type {import('./lane.mjs').Answer | Error} */
  const outcome = await new Promise((resolve) => on.send(request, resolve));
  steadyAt = performance.now();
  if (outcome instanceof Error) {
    tally.unanswered(outcome.message);
    return WITHOUT_ANSWER_SECONDS;
  }
  tally.answered(outcome.status, performance.now() - due, outcome.retryAfter);
  if (outcome.status !== 429 && outcome.status !== 503) return 0;
  refusedAt = steadyAt;
  const seconds = outcome.retryAfter ?? WITHOUT_ANSWER_SECONDS;
  if (outcome.status === 503) retryAfter.set(seconds, (retryAfter.get(seconds) ?? 0) + 1);
  return seconds;
}

/** @param {readonly Buffer[]} requests */
async function caller(requests) {
  await pause(Math.random() * job.withinSeconds * 1_000);
  let on = lane();
  for (const request of requests) {
    for (let wait = await asked(on, request); wait > 0; wait = await asked(on, request)) {
      leave(on);
      await pause(wait * 1_000);
      on = lane();
    }
  }
  await pause(LINGER_MS);
  leave(on);
}

/** @param {number} count @param {readonly import('./requests.mjs').Kind[]} kinds */
const callers = (count, kinds) =>
  Array.from({ length: count }, (_none, at) => caller(kinds.map((kind) => requestOf(kind, job.cast, at))));

await Promise.all([
  ...callers(job.servers, ['server', 'server-list', 'server-list']),
  ...callers(job.devices, ['discovery']),
]);
/** @type {Outcome} */
const outcome = {
  all: tally.told,
  open: most,
  retryAfter: Object.fromEntries(retryAfter),
  steadyAfter: (steadyAt - since) / 1_000,
  refusedUntil: (refusedAt - since) / 1_000,
};
process.stdout.write(`${JSON.stringify(outcome)}\n`);
