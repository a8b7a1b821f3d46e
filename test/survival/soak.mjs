import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { Findings } from './findings.mjs';
import { Floods } from './overload.mjs';
import { ask } from './people.mjs';
import { filesOf, residentMbOf } from './process.mjs';

const RATE = 200;
/** Every tenth request comes on a connection of its own. */
const STEADY = { lanes: 100, room: 1_000, fresh: 0.1 };
const LOOK_MS = 5_000;
/** After what came before, a heap gives back what it does not need for so long. */
const SETTLES_MINUTES = 20;
const FULL_MINUTES = 10;
/** From the third time on what is asked for again is remembered by its bytes. */
const TIMES = 3;
const SIZES = { accounts: 100_000, servers: 20_000, links: 300_000, rich: 10_000 };
/** What is remembered comes of these, and of each in its share. */
const EVERYBODY = { discovery: 110, server: 30, 'server-list': 20 };
const SETTINGS = {
  LISTS_MEMORY_MB: '32',
  NODE_OPTIONS: `--import ${pathToFileURL(inCheckout('test/survival/collecting.mjs')).href}`,
};

/** R-45 itself: SURVIVAL_SOAK_MINUTES=120. @param {import('./stage.mjs').Stage} stage @returns {number} */
const minutesOf = (stage) => Number(process.env['SURVIVAL_SOAK_MINUTES'] ?? stage.pick(FULL_MINUTES, 1));

/** @typedef {import('../../scripts/lib/broker.mjs').BrokerProcess} BrokerProcess */
/** @typedef {{ minute: number, memory: number }} Look in MB */

/** @type {import('./stage.mjs').Experiment} */
export const soak = {
  id: 'R-45',
  what: `${RATE} requests a second for long, on connections that come and go`,
  must: 'memory that is held grows ≤ 2 MB in 10 minutes, and in two hours what is resident, as many files as before, no error, event loop lag p99 ≤ 30 ms',
  async run(stage) {
    const minutes = minutesOf(stage);
    const floods = await Floods.on(stage, { sizes: SIZES, settings: SETTINGS });
    const { broker } = floods;
    await warmUp(floods);
    const before = await atRest(broker);
    const running = floods.at(RATE, minutes * 60, STEADY);
    const { looks, lag: loopLag } = await watch(stage, broker, minutes);
    const { all, lag, elapsed, processor, idle } = await running;
    stage.say(JSON.stringify(all.statuses));
    const after = await atRest(broker);
    const findings = new Findings()
      .note('minutes', minutes)
      .note('requests', all.sent)
      .atMost('not served', (100 * (all.sent - all.served)) / all.sent, 0.1, '%')
      .none('wrong answers', all.offences)
      .note('resident', looks.at(-1)?.memory ?? 0, 'MB')
      .note('held', after.held, 'MB')
      .atMost('more files afterwards', after.files - before.files, 0)
      .none('errors', errorsOf(broker))
      .atMost('event loop lag p99', loopLag, 30, 'ms')
      .note('of its core the broker had', (100 * (processor + idle)) / elapsed, '%')
      .note('lag of the load generator', lag, 'ms');
    const more = ((after.held - before.held) * 10) / minutes;
    if (minutes < FULL_MINUTES) return findings.note('more is held, in 10 minutes', more, 'MB');
    findings.atMost('more is held, in 10 minutes', more, 2, 'MB');
    const settled = looks.filter(({ minute }) => minute >= SETTLES_MINUTES);
    if (minutes < 3 * SETTLES_MINUTES) return findings;
    return findings.atMost('resident memory grows in 10 minutes', slopeOf(settled) * 10, 2, 'MB');
  },
};

/**
 * Everybody comes before it is looked at, for what is remembered of them is no growth: at the rate of a soak that would take a
 * quarter of an hour. @param {Floods} floods
 */
async function warmUp(floods) {
  const { stage, sizes } = floods;
  const asked = { discovery: 0, server: 0, 'server-list': 0 };
  while (asked.discovery < sizes.accounts * stage.pick(TIMES, 1)) {
    const busy = { mix: EVERYBODY, from: { ...asked }, inFlight: 32, lanes: 32 };
    const { kinds } = await floods.at(0, 10, busy);
    for (const kind of /** @type {(keyof typeof asked)[]} */ (Object.keys(asked)))
      asked[kind] += kinds[kind]?.sent ?? 0;
  }
  stage.say('everybody was there');
  // Last, so that threads that hash are there as they are afterwards.
  await floods.at(RATE, stage.pick(30, 10), STEADY);
}

/**
 * What a broker has when nothing is asked of it, and its garbage is collected.
 * @param {BrokerProcess} broker @returns {Promise<{ files: number, held: number }>} `held`: what V8 keeps, in MB
 */
async function atRest({ pid, opsUrl }) {
  for (let times = 0; times < 3; times += 1) {
    await pause(1_000);
    process.kill(pid, 'SIGUSR2');
  }
  const { text } = await metricsOf(opsUrl);
  const held = ['heap_size_used', 'external_memory'].map((name) =>
    Number(new RegExp(`^signpost_nodejs_${name}_bytes (\\S+)$`, 'm').exec(text)?.[1]),
  );
  // Until what was open for that is closed.
  await pause(1_000);
  return { files: filesOf(pid), held: held.reduce((sum, bytes) => sum + bytes, 0) / 1024 ** 2 };
}

/**
 * @param {import('./stage.mjs').Stage} stage @param {BrokerProcess} broker @param {number} minutes
 * @returns {Promise<{ looks: Look[], lag: number }>} `lag`: p99 of all that time, in milliseconds
 */
async function watch(stage, broker, minutes) {
  /** @type {Look[]} */
  const looks = [];
  const since = performance.now();
  const minute = () => (performance.now() - since) / 60_000;
  await lagOf(broker.opsUrl);
  while (minute() < minutes) {
    await pause(LOOK_MS);
    looks.push({ minute: minute(), memory: residentMbOf(broker.pid) });
    if (looks.length % 12 === 0)
      stage.say(`${minute().toFixed(0)} min: ${looks.at(-1)?.memory.toFixed(0)} MB`);
  }
  return { looks, lag: await lagOf(broker.opsUrl) };
}

/** On a connection that nobody keeps. @param {string} opsUrl */
const metricsOf = (opsUrl) => ask(`${opsUrl}/metrics`, { headers: { connection: 'close' } });

/** p99 of the time since it was last asked for, in milliseconds. @param {string} opsUrl */
async function lagOf(opsUrl) {
  const { text } = await metricsOf(opsUrl);
  return Number(/^signpost_nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1]) * 1_000;
}

/** @param {BrokerProcess} broker @returns {string[]} */
const errorsOf = (broker) => [
  ...(broker.hasEnded ? ['the broker ended'] : []),
  ...broker.lines.filter(({ level }) => level === 'error').map((line) => JSON.stringify(line)),
];

/** Least squares. @param {readonly Look[]} looks @returns {number} MB a minute */
function slopeOf(looks) {
  const mean = (/** @type {(look: Look) => number} */ of) =>
    looks.reduce((sum, look) => sum + of(look), 0) / looks.length;
  const [minute, memory] = [mean((look) => look.minute), mean((look) => look.memory)];
  const above = mean((look) => (look.minute - minute) * (look.memory - memory));
  return above / mean((look) => (look.minute - minute) ** 2);
}
