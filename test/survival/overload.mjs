import { setTimeout as pause } from 'node:timers/promises';
import { mean } from '../bench/rounds.mjs';
import { Findings, quantile } from './findings.mjs';
import { flood, onFirstCore } from './flood/flood.mjs';
import { ONCE_ONLY } from './flood/requests.mjs';
import { together } from './flood/tally.mjs';
import { cpuOf } from './process.mjs';
import { seed } from './seeded.mjs';

/** @typedef {import('./flood/generator.mjs').Outcome} Outcome */
/** @typedef {import('./flood/requests.mjs').Kind} Kind */
/** @typedef {import('./flood/tally.mjs').Told} Told */

/** A day of a broker, in a second. @type {Partial<Record<Kind, number>>} */
export const MIX = {
  discovery: 110,
  server: 30,
  'server-list': 20,
  'look-up': 16,
  change: 10,
  registration: 6,
  'sign-in': 4,
  revoke: 2,
  'sign-out': 1,
  health: 1,
};

const KINDS = /** @type {readonly Kind[]} */ (Object.keys(MIX));

/** Least important first. @type {readonly Kind[]} */
const ORDER = ['look-up', 'registration', 'sign-in', 'server', 'discovery'];
/** @type {readonly Kind[]} */
const NEVER = ['revoke', 'sign-out', 'health'];
/** Of what was sent: a line that is short by chance is no other order. */
const TOLERANCE = 0.05;
/** As many as there are open connections. */
const LANES = 3_000;
/** Of one kind, when its cost is measured: enough that writers share commits, and nobody is refused. */
const AT_ONCE = 32;
/** How often that is done at a time: the first one finds code that is not compiled, and lists that are not read. */
const TURNS = 2;
/** From one rate to the next one that is tried. */
const STEP = 1.4;
/** So many times as much is asked as can be served. */
const TIMES = 5;
/** Before anything is measured: code that has not run yet is compiled first. */
const WARM_UP_RATE = 200;

/** Milliseconds of the processor for one request. @typedef {Partial<Record<Kind, number>>} Costs */
/** @typedef {{ rate: number, outcome: Outcome }} Peak requests a second that were asked, and what came of them */
/** @typedef {{ before: Peak, flood: Outcome, calm: Outcome, after: Peak }} Round `calm`: at half of what can be served, soon afterwards */

const SIZES = { accounts: 20_000, servers: 5_000, links: 60_000, rich: 2_000 };

/** A broker on one core, and floods from the other. */
export class Floods {
  /** How often that which happens once only has been asked for. @type {Map<Kind, number>} */
  #asked = new Map();
  /** Each time that a kind was measured, in milliseconds. @type {Map<Kind, number[]>} */
  #spent = new Map();

  /**
   * @param {import('./stage.mjs').Stage} stage
   * @param {import('../../scripts/lib/broker.mjs').BrokerProcess} broker
   * @param {import('../bench/cast.mjs').Sizes} sizes
   */
  constructor(stage, broker, sizes) {
    this.stage = stage;
    this.broker = broker;
    this.sizes = sizes;
  }

  /**
   * @param {import('./stage.mjs').Stage} stage
   * @param {{ settings?: Readonly<Record<string, string>>, sizes?: import('../bench/cast.mjs').Sizes, onBothCores?: boolean, before?: readonly string[] }} [how]
   * `before`: a program, with its arguments, that becomes the broker
   */
  static async on(stage, { settings = {}, sizes = SIZES, onBothCores = false, before = [] } = {}) {
    const dataDir = stage.folder('data');
    await seed(stage, dataDir, { sizes, canSignIn: true });
    const own = { LOG_LEVEL: 'warn', ...settings };
    const where = onBothCores ? [] : onFirstCore;
    const broker = await stage.broker({ dataDir, settings: own, before: [...before, ...where] });
    return new Floods(stage, broker, sizes);
  }

  get port() {
    return Number(new URL(this.broker.url).port);
  }

  /** @param {number} rate @param {number} seconds @param {Partial<import('./flood/generator.mjs').Job>} [more] @returns {Promise<Outcome>} */
  async at(rate, seconds, more = {}) {
    const { port } = this;
    const lanes = { lanes: LANES, room: LANES + 1_000 };
    const { pid } = this.broker;
    const outcome = await flood(this.stage, {
      port,
      pid,
      rate,
      seconds,
      cast: this.sizes,
      mix: MIX,
      from: Object.fromEntries(this.#asked),
      ...lanes,
      ...more,
    });
    for (const kind of ONCE_ONLY.keys())
      this.#asked.set(kind, (this.#asked.get(kind) ?? 0) + (outcome.kinds[kind]?.sent ?? 0));
    return outcome;
  }

  /**
   * What a request of each kind costs the broker when it has as much to do as it can: a list costs less than the mix, and who
   * serves nothing but lists would look better than they are. In turns, and the median with all that was measured before: a machine that
   * is slower for a while is so for all kinds, whoever asks before and after has what it was like between, and what is asked for the
   * first time costs more.
   * @returns {Promise<Costs>}
   */
  async costs() {
    // There is no end of the others.
    const kinds = KINDS.filter((kind) => !ONCE_ONLY.has(kind) || !this.#spent.has(kind));
    for (let turn = 0; turn < TURNS; turn += 1)
      for (const kind of kinds) await this.#measure(kind, ONCE_ONLY.has(kind) ? 1 / TURNS : 1);
    /** @type {Costs} */
    const costs = {};
    for (const [kind, measured] of this.#spent) {
      costs[kind] = measured.sort((a, b) => a - b)[(measured.length - 1) >> 1] ?? 0;
      this.stage.say(`${kind}: ${costs[kind].toFixed(2)} ms of the processor`);
    }
    return costs;
  }

  /** @param {Kind} kind @param {number} seconds */
  async #measure(kind, seconds) {
    const { pid } = this.broker;
    const before = cpuOf(pid);
    const { all } = await this.at(0, seconds, { mix: { [kind]: 1 }, inFlight: AT_ONCE, lanes: AT_ONCE });
    const ms = (1_000 * (cpuOf(pid) - before)) / Math.max(1, all.served);
    this.#spent.set(kind, [...(this.#spent.get(kind) ?? []), ms]);
  }

  /** Where most work is done, whatever is asked. @param {Costs} costs @returns {Promise<Peak>} */
  async peak(costs) {
    let peak = await this.#reached(200, costs);
    for (let rate = 200 * STEP; rate < 20_000; rate *= STEP) {
      const reached = await this.#reached(Math.ceil(rate), costs);
      if (workOf(reached.outcome, costs) > workOf(peak.outcome, costs)) peak = reached;
      if (reached.outcome.all.served < reached.outcome.all.sent * 0.7) break;
    }
    return peak;
  }

  /** The same again, where it was. @param {Peak} peak @param {Costs} costs @returns {Promise<Peak>} */
  async peakAgain({ rate }, costs) {
    const there = await this.#reached(rate, costs);
    const beyond = await this.#reached(Math.ceil(rate * STEP), costs);
    return workOf(beyond.outcome, costs) > workOf(there.outcome, costs) ? beyond : there;
  }

  /** @param {number} rate @param {Costs} costs @returns {Promise<Peak>} */
  async #reached(rate, costs) {
    const outcome = await this.at(rate, this.stage.pick(8, 4));
    const asked = `asked ${rate}/s, served ${(outcome.all.served / outcome.seconds).toFixed(0)}/s`;
    const work = `${(100 * workOf(outcome, costs)).toFixed(0)} % work`;
    this.stage.say(`${asked}, ${work}, p99 ${outcome.all.p99.toFixed(0)} ms`);
    return { rate, outcome };
  }
}

/**
 * What was served, in seconds of work for each second in which the broker could work: others may have its core for a while,
 * and that is no fault of its own. With nothing to do it could.
 * @param {Outcome} outcome @param {Costs} costs
 */
function workOf({ kinds, processor, idle }, costs) {
  let work = 0;
  for (const [kind, { served }] of Object.entries(kinds))
    work += (served * (costs[/** @type {Kind} */ (kind)] ?? 0)) / 1_000;
  return work / (processor + idle);
}

/**
 * Requests of the mix a second that are so much work. What was served at the peak is no measure of it: most of what costs much
 * was refused there, so that five times as many of all kinds would be ten times the work.
 * @param {number} work seconds a second @param {Costs} costs
 */
function rateOf(work, costs) {
  let [ms, requests] = [0, 0];
  for (const [kind, share] of Object.entries(MIX)) {
    ms += share * (costs[/** @type {Kind} */ (kind)] ?? 0);
    requests += share;
  }
  return (1_000 * work * requests) / ms;
}

/** @param {Told | undefined} told */
const p99Of = (told) => told?.p99 ?? 0;

/** @param {Told | undefined} told */
const shareServed = (told) => (told ? told.served / told.sent : 0);

/** @param {Outcome['kinds']} kinds @returns {string[]} */
function disorder(kinds) {
  return ORDER.slice(1).flatMap((kind, at) => {
    const below = /** @type {Kind} */ (ORDER[at]);
    const [more, less] = [shareServed(kinds[kind]), shareServed(kinds[below])];
    return less > more + TOLERANCE ? [`${below} ${less.toFixed(2)}, ${kind} ${more.toFixed(2)}`] : [];
  });
}

/** @param {Pick<Told, 'sent' | 'statuses'>} [told] @returns {string[]} what was not served, by status */
export function unserved({ sent, statuses } = { sent: 0, statuses: {} }) {
  const told = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  // For some there never was a connection.
  return Object.entries({ ...statuses, 'not sent': sent - told })
    .filter(([status, count]) => status !== '200' && count > 0)
    .map(([status, count]) => `${count} × ${status}`);
}

/** Which kinds make the whole what it is: those who sign in wait for a hash besides. @param {Outcome} outcome @returns {string[]} */
const byKind = ({ kinds, all }) =>
  Object.entries({ ...kinds, all }).map(([kind, told]) => {
    const share = `${(100 * shareServed(told)).toFixed(1)} % of ${told.sent} served`;
    const [p50, p99, most] = [told.p50, told.p99, told.most].map((ms) => ms.toFixed(0));
    return `${kind}: ${share}, p50 ${p50} ms, p99 ${p99} ms, at most ${most} ms`;
  });

/**
 * Overload between two looks at the peak, again and again: a machine that becomes faster or slower within a minute does so for
 * both.
 * @param {Floods} floods @param {Peak} peak @param {number} canBeServed @param {Costs} costs @returns {Promise<Round[]>}
 */
async function roundsOf(floods, peak, canBeServed, costs) {
  const { stage } = floods;
  /** @type {Round[]} */
  const rounds = [];
  let before = await floods.peakAgain(peak, costs);
  for (let round = 0; round < stage.pick(3, 1); round += 1) {
    await pause(5_000);
    const flooded = await floods.at(Math.ceil(canBeServed * TIMES), stage.pick(10, 8));
    await pause(5_000);
    const calm = await floods.at(Math.ceil(canBeServed / 2), 5);
    const after = await floods.peakAgain(peak, costs);
    rounds.push({ before, flood: flooded, calm, after });
    before = after;
  }
  return rounds;
}

/** What was done under overload in terms of the peaks around it. @param {Costs} costs */
const goodputBy =
  (costs) =>
  (/** @type {Round} */ { before, flood: flooded, after }) =>
    (2 * workOf(flooded, costs)) / (workOf(before.outcome, costs) + workOf(after.outcome, costs));

/** @type {import('./stage.mjs').Experiment} */
export const overload = {
  id: 'R-42',
  what: 'five times as many requests as can be served, of all kinds',
  must: 'goodput ≥ 80 % of the peak, p99 of what is served ≤ 1 s, refused in order of importance, revocations and health checks never',
  async run(stage) {
    const floods = await Floods.on(stage);
    await floods.at(WARM_UP_RATE, stage.pick(15, 8));
    const first = await floods.costs();
    const peak = await floods.peak(first);
    const canBeServed = rateOf(workOf(peak.outcome, first), first);
    const rounds = await roundsOf(floods, peak, canBeServed, first);
    const costs = await floods.costs();
    const floodings = rounds.map((round) => round.flood);
    const all = together(floodings.map((each) => each.all));
    const kinds = Object.fromEntries(
      KINDS.map((kind) => [kind, together(floodings.flatMap((each) => each.kinds[kind] ?? []))]),
    );
    const calm = together(rounds.map((round) => round.calm.all));
    const work = mean(floodings.map((each) => workOf(each, costs)));
    const goodputs = rounds.map(goodputBy(costs));
    for (const [at, flooding] of floodings.entries()) {
      stage.say(`flood ${at + 1}: goodput ${goodputs[at]?.toFixed(2)}`);
      for (const line of byKind(flooding)) stage.say(line);
    }
    return new Findings()
      .note('can be served', canBeServed, '/s')
      .note('work at the peak', 100 * mean(rounds.map(({ before }) => workOf(before.outcome, costs))), '%')
      .note('afterwards', 100 * mean(rounds.map(({ after }) => workOf(after.outcome, costs))), '%')
      .note('under overload', 100 * work, '%')
      .note('of its core the broker had', 100 * mean(floodings.map(shareOfCore)), '%')
      .note('processor for one refusal', refusalMs(floodings, work), 'ms')
      .note('asked', mean(floodings.map((each) => each.all.sent / each.seconds)), '/s')
      .note('refused', all.statuses['503'] ?? 0)
      .note('connections', Math.max(...floodings.map(({ connections }) => connections)))
      .atLeast('goodput to peak, both in work', quantile(goodputs, 0.5), 0.8)
      .atMost('p99 of what was served', all.p99, 1_000, 'ms')
      .note('of lists', p99Of(kinds['discovery']), 'ms')
      .note('of sign-ins', p99Of(kinds['sign-in']), 'ms')
      .note('p99 of refusals', all.refusedP99, 'ms')
      .none('out of order', disorder(kinds))
      .none(
        'never refused, and were',
        NEVER.flatMap((kind) => unserved(kinds[kind])),
      )
      .none('wrong answers', all.offences)
      .atMost('refused of half the peak afterwards', (calm.statuses['503'] ?? 0) / calm.sent, 0.01)
      .note('lag of the load generator', Math.max(...floodings.map(({ lag }) => lag)), 'ms');
  },
};

/** @param {Outcome} outcome */
const shareOfCore = ({ processor, idle, elapsed }) => (processor + idle) / elapsed;

/** What was no work, for each refusal: that of what was served beyond its cost is in there. @param {readonly Outcome[]} floodings @param {number} work */
function refusalMs(floodings, work) {
  const processor = floodings.reduce((sum, each) => sum + each.processor, 0);
  const refused = floodings.reduce((sum, each) => sum + (each.all.statuses['503'] ?? 0), 0);
  return ((1 - work) * 1_000 * processor) / Math.max(1, refused);
}
