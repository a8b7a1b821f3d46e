import { setTimeout as pause } from 'node:timers/promises';
import { Findings } from './findings.mjs';
import { flood, onFirstCore } from './flood/flood.mjs';
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

/** Least important first. @type {readonly Kind[]} */
const ORDER = ['look-up', 'registration', 'sign-in', 'server', 'discovery'];
/** @type {readonly Kind[]} */
const NEVER = ['revoke', 'sign-out', 'health'];
/** Of what was sent: a line that is short by chance is no other order. */
const TOLERANCE = 0.05;
/** As many as there are open connections. */
const LANES = 3_000;

const SIZES = { accounts: 20_000, servers: 5_000, links: 60_000, rich: 2_000 };

/** A broker on one core, and floods from the other. */
export class Floods {
  #from = 0;

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
   * @param {{ settings?: Readonly<Record<string, string>>, sizes?: import('../bench/cast.mjs').Sizes, onBothCores?: boolean }} [how]
   */
  static async on(stage, { settings = {}, sizes = SIZES, onBothCores = false } = {}) {
    const dataDir = stage.folder('data');
    await seed(stage, dataDir, { sizes, canSignIn: true });
    const own = { LOG_LEVEL: 'warn', ...settings };
    const before = onBothCores ? [] : onFirstCore;
    return new Floods(stage, await stage.broker({ dataDir, settings: own, before }), sizes);
  }

  get port() {
    return Number(new URL(this.broker.url).port);
  }

  /** @param {number} rate @param {number} seconds @param {Partial<import('./flood/generator.mjs').Job>} [more] @returns {Promise<Outcome>} */
  async at(rate, seconds, more = {}) {
    const { port } = this;
    const from = this.#from;
    // What happens once only is not asked for again.
    this.#from += Math.ceil((rate * seconds) / 50);
    const lanes = { lanes: LANES, room: LANES + 1_000 };
    return flood({ port, rate, seconds, cast: this.sizes, mix: MIX, from, ...lanes, ...more });
  }

  /** The most that is served in a second, whatever is asked. */
  async peak() {
    let peak = 0;
    // Code that has not run yet is compiled first.
    await this.at(200, this.stage.pick(15, 8));
    for (let rate = 200; rate < 20_000; rate = Math.ceil(rate * 1.4)) {
      const { all, seconds } = await this.at(rate, this.stage.pick(8, 4));
      const served = all.served / seconds;
      this.stage.say(`asked ${rate}/s, served ${served.toFixed(0)}/s, p99 ${all.p99.toFixed(0)} ms`);
      peak = Math.max(peak, served);
      if (served < rate * 0.7) break;
    }
    return peak;
  }
}

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

/** @param {Told | undefined} told @returns {string[]} what was not served, by status */
const unserved = (told) =>
  Object.entries(told?.statuses ?? {})
    .filter(([status]) => status !== '200')
    .map(([status, count]) => `${count} × ${status}`);

/** @type {import('./stage.mjs').Experiment} */
export const overload = {
  id: 'R-42',
  what: 'five times as many requests as can be served, of all kinds',
  must: 'goodput ≥ 80 % of the peak, p99 of what is served ≤ 1 s, refused in order of importance, revocations and health checks never',
  async run(stage) {
    const floods = await Floods.on(stage);
    const peak = await floods.peak();
    await pause(5_000);
    const { kinds, all, seconds, lag, connections } = await floods.at(Math.ceil(peak * 5), stage.pick(30, 8));
    for (const kind of ORDER) stage.say(`${kind}: ${(100 * shareServed(kinds[kind])).toFixed(1)} % served`);
    const refused = all.statuses['503'] ?? 0;
    await pause(5_000);
    const after = await floods.at(Math.ceil(peak / 2), 5);
    return new Findings()
      .note('peak', peak, '/s')
      .note('asked', all.sent / seconds, '/s')
      .note('refused', refused)
      .note('connections', connections)
      .atLeast('goodput to peak', all.served / seconds / peak, 0.8)
      .atMost('p99 of what was served', all.p99, 1_000, 'ms')
      .note('p99 of refusals', all.refusedP99, 'ms')
      .none('out of order', disorder(kinds))
      .none(
        'never refused, and were',
        NEVER.flatMap((kind) => unserved(kinds[kind])),
      )
      .none('wrong answers', all.offences)
      .atMost('refused of half the peak afterwards', (after.all.statuses['503'] ?? 0) / after.all.sent, 0.01)
      .note('lag of the load generator', lag, 'ms');
  },
};
