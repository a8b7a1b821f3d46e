import { setTimeout as pause } from 'node:timers/promises';
import { Findings, quantile } from './findings.mjs';
import { Floods } from './overload.mjs';
import { ask } from './people.mjs';
import { filesOf, residentMbOf } from './process.mjs';

const RATE = 200;
/** Every tenth request comes on a connection of its own. */
const CHURN = 0.1;
const LOOK_MS = 5_000;
/** R-45 has 20 minutes of two hours, in which the heap finds its size; of a shorter time this share. */
const WARM_UP = { minutes: 20, share: 0.4 };
const FULL_MINUTES = 10;

/** R-45 itself: SURVIVAL_SOAK_MINUTES=120. @param {import('./stage.mjs').Stage} stage @returns {number} */
const minutesOf = (stage) => Number(process.env['SURVIVAL_SOAK_MINUTES'] ?? stage.pick(FULL_MINUTES, 1));

/** @typedef {{ minute: number, memory: number, files: number, lag: number }} Look */

/** @type {import('./stage.mjs').Experiment} */
export const soak = {
  id: 'R-45',
  what: `${RATE} requests a second for long, on connections that come and go`,
  must: 'memory grows ≤ 2 MB in 10 minutes, as many files as before, no error, event loop lag p99 ≤ 30 ms',
  async run(stage) {
    const minutes = minutesOf(stage);
    const sizes = { accounts: 100_000, servers: 20_000, links: 300_000, rich: 10_000 };
    const floods = await Floods.on(stage, { sizes, settings: { LISTS_MEMORY_MB: '32' } });
    // Code is compiled first, in a time of its own.
    await floods.at(RATE, stage.pick(30, 10));
    const more = { lanes: 100, room: 1_000, fresh: CHURN };
    const running = floods.at(RATE, minutes * 60, more);
    const { looks, failed } = await watch(stage, floods.broker, minutes);
    const { all, lag, elapsed, processor, idle } = await running;
    stage.say(JSON.stringify(all.statuses));
    const warmAfter = Math.min(WARM_UP.minutes, minutes * WARM_UP.share);
    const warm = looks.filter(({ minute }) => minute >= warmAfter);
    const [first, last] = [warm[0], warm.at(-1)];
    const findings = new Findings()
      .note('minutes', minutes)
      .note('requests', all.sent)
      .atMost('not served', (100 * (all.sent - all.served)) / all.sent, 0.1, '%')
      .none('wrong answers', all.offences)
      .note('memory', last?.memory ?? 0, 'MB')
      .atMost('more files', (last?.files ?? 0) - (first?.files ?? 0), 20)
      .none('errors', errorsOf(floods.broker))
      .note('looks that were tried again', failed)
      .atMost(
        'event loop lag p99',
        quantile(
          warm.map((look) => look.lag),
          0.5,
        ),
        30,
        'ms',
      )
      .note('highest of its looks', Math.max(...warm.map((look) => look.lag)), 'ms')
      .note('of its core the broker had', (100 * (processor + idle)) / elapsed, '%')
      .note('lag of the load generator', lag, 'ms');
    const growth = slopeOf(warm) * 10;
    // In a few minutes the heap has not found its size yet.
    if (minutes < FULL_MINUTES) return findings.note('memory grows in 10 minutes', growth, 'MB');
    return findings.atMost('memory grows in 10 minutes', growth, 2, 'MB');
  },
};

/** @param {import('./stage.mjs').Stage} stage @param {import('../../scripts/lib/broker.mjs').BrokerProcess} broker @param {number} minutes */
async function watch(stage, broker, minutes) {
  /** @type {Look[]} */
  const looks = [];
  let failed = 0;
  const since = performance.now();
  const minute = () => (performance.now() - since) / 60_000;
  while (minute() < minutes) {
    await pause(LOOK_MS);
    const memory = residentMbOf(broker.pid);
    const lag = await lagOf(broker.opsUrl).catch((/** @type {unknown} */ error) => {
      failed += 1;
      stage.say(`a look at /metrics failed: ${String(error)}`);
      return lagOf(broker.opsUrl);
    });
    looks.push({ minute: minute(), memory, files: filesOf(broker.pid), lag });
    if (looks.length % 12 === 0)
      stage.say(
        `${minute().toFixed(0)} min: ${memory.toFixed(0)} MB, ${looks.at(-1)?.files} files, lag ${lag.toFixed(0)} ms`,
      );
  }
  return { looks, failed };
}

/** Of the time since the last look, in milliseconds. @param {string} opsUrl */
async function lagOf(opsUrl) {
  const { text } = await ask(`${opsUrl}/metrics`);
  return Number(/^signpost_nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1]) * 1_000;
}

/** @param {import('../../scripts/lib/broker.mjs').BrokerProcess} broker @returns {string[]} */
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
