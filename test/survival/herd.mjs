import { clearInterval, setInterval } from 'node:timers';
import { onFirstCore, herd } from './flood/flood.mjs';
import { Findings } from './findings.mjs';
import { cpuOf, idleOf, residentMbOf } from './process.mjs';
import { seed } from './seeded.mjs';

const SIZES = { accounts: 25_000, servers: 10_000, links: 75_000, rich: 1_000 };
const WITHIN_SECONDS = 60;
const SETTLING_SECONDS = 30;
/** For so long callers keep their connections at the end. */
const LINGER_SECONDS = 4;
/** Mean of the `Retry-After` of what the load shedder refuses, in seconds. */
const MEAN_SECONDS = 15;
/** So many refusals show how far they are spread. */
const ENOUGH = 200;

/** @type {import('./stage.mjs').Experiment} */
export const thunderingHerd = {
  id: 'R-41',
  what: 'all servers and devices come back within a minute, to a broker that has just started',
  must: '≤ 0.1 % neither served nor told when to come back, nobody 401 or 404, p99 ≤ 1 s, ≤ 512 MB, steady within 90 s',
  async run(stage) {
    const dataDir = stage.folder('data');
    await seed(stage, dataDir, { sizes: SIZES });
    // Every caller is a network of its own, so limits are counted as ever.
    const settings = { LOG_LEVEL: 'warn', LIMITS: 'on' };
    const broker = await stage.broker({ dataDir, settings, before: onFirstCore });
    let memory = 0;
    const looks = setInterval(() => (memory = Math.max(memory, residentMbOf(broker.pid))), 500);
    const part = stage.pick(1, 0.2);
    const port = Number(new URL(broker.url).port);
    const callers = { servers: 10_000 * part, devices: 20_000 * part };
    const withinSeconds = WITHIN_SECONDS * part;
    const [used, unused] = [cpuOf(broker.pid), idleOf(0)];
    const { all, open, retryAfter, steadyAfter, refusedUntil } = await herd(stage, {
      port,
      ...callers,
      withinSeconds,
      cast: SIZES,
    });
    clearInterval(looks);
    const processor = cpuOf(broker.pid) - used;
    const had = processor + idleOf(0) - unused;
    const refused = (all.statuses['429'] ?? 0) + (all.statuses['503'] ?? 0);
    return new Findings()
      .note('requests', all.sent)
      .note('at once', all.sent / withinSeconds, '/s')
      .note('connections', open)
      .note('refused', refused)
      .note('the last one after', refusedUntil, 's')
      .note('processor', processor, 's')
      .note('of its core the broker had', (100 * had) / (steadyAfter + LINGER_SECONDS), '%')
      .atMost('neither served nor told when', (100 * (all.sent - all.served - refused)) / all.sent, 0.1, '%')
      .none('401, 404, or no time to come back', all.offences)
      .atMost('p99 of what was served', all.p99, 1_000, 'ms')
      .atMost('memory', memory, 512, 'MB')
      .atMost('steady after', steadyAfter, withinSeconds + SETTLING_SECONDS, 's')
      .none('times to come back that are not spread', spreadOf(retryAfter));
  },
};

/** @param {Record<string, number>} counts @returns {string[]} */
function spreadOf(counts) {
  const seconds = Object.keys(counts).map(Number);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const outside = seconds.filter((one) => one < MEAN_SECONDS / 2 || one > MEAN_SECONDS * 1.5);
  const most = Math.max(0, ...Object.values(counts));
  const isHeaped = total >= ENOUGH && most > total / 5;
  return [...outside.map((one) => `${one} s`), ...(isHeaped ? [`${most} of ${total} in one second`] : [])];
}
