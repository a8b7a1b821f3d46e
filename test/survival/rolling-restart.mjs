import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/sockets.mjs';
import { Cluster, notices } from './cluster.mjs';
import { Crowd } from './crowd.mjs';
import { Findings, quantile } from './findings.mjs';
import { haproxyBefore } from './haproxy.mjs';
import { Pace } from './pace.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

/** Of HAProxy's checks: it looks each second. */
const NOTICED_MS = 2_500;
const SIZES = { accounts: 20_000, servers: 5_000, links: 60_000, rich: 2_000 };
/** Of the callers that look for the peak: enough that writers share commits, and nobody is refused. */
const AT_ONCE = 32;
const SLICE_SECONDS = 5;
/** Nodes are warm when so many slices in a row serve no more than this times the best before. */
const NO_MORE = { slices: 3, times: 1.05 };
/** Of the peak, by three nodes. Two have to serve it, while a third that starts takes half of two cores, or would with what it is left. */
const SHARE = 1 / 3;
/** A machine that does other things, too, may never be steady. */
const SLICES_AT_MOST = 24;

/** @param {Stage} stage @param {Crowd} crowd @returns {Promise<number>} requests a second, once the nodes are warm */
async function peakOf(stage, crowd) {
  let peak = 0;
  for (let slices = 0, steady = 0; slices < SLICES_AT_MOST && steady < NO_MORE.slices; slices += 1) {
    const served = await crowd.served(AT_ONCE, SLICE_SECONDS);
    stage.say(`${served.toFixed(0)} requests a second are served`);
    steady = served > peak * NO_MORE.times ? 0 : steady + 1;
    peak = Math.max(peak, served);
  }
  return peak;
}

/** @param {readonly string[]} cases @returns {Map<string, number>} */
function byKind(cases) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const one of cases) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

/**
 * A node that starts works for a second or two as fast as it can, and here on the cores of the others, which on machines of their
 * own it would take nothing from. So until it is ready it has a third of what each of them may have: the kernel shares its time
 * between sessions, and each node has its own. (With what the others leave, a nice value of 19, it may not be ready in 20 s.)
 */
const AFTER_THE_OTHERS = [
  'sh',
  '-c',
  '[ ! -e /proc/$$/autogroup ] || echo 5 > /proc/$$/autogroup; exec "$@"',
  'sh',
];

/** @param {import('../../scripts/lib/broker.mjs').BrokerProcess} node */
function shareAsOthers({ pid }) {
  const file = `/proc/${pid}/autogroup`;
  if (existsSync(file)) writeFileSync(file, '0');
}

/** What every node says when it starts. */
const AT_START = /^(?:no mail server is set|set up)/;

/** What a node complained of. @param {import('../../scripts/lib/broker.mjs').BrokerProcess} node @returns {string[]} */
const complaintsOf = ({ lines }) =>
  lines
    .filter(({ level, msg = '' }) => (level === 'warn' || level === 'error') && !AT_START.test(msg))
    .map(
      ({ msg, reason, error }) => `said by a node: ${msg} (${JSON.stringify(reason ?? messageOf(error))})`,
    );

/** @param {unknown} error in a log */
const messageOf = (error) => /** @type {{ message?: string } | undefined} */ (error)?.message;

/** @type {import('./stage.mjs').Experiment} */
export const rollingRestart = {
  id: 'R-31',
  what: 'three nodes behind HAProxy, each stopped and started again in turn, under a mixed load',
  must: 'no request fails, although no write is sent twice; clean exits; p99 ≤ 3 × that before',
  async run(stage) {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    // Callers come from addresses of their own, so limits are counted as ever.
    const own = { TRUST_PROXY: '127.0.0.1', LIMITS: 'on', LOG_LEVEL: 'warn' };
    const settings = ports.map((port) => ({ ...own, PORT: String(port) }));
    const how = { sizes: SIZES, isDirect: true, before: AFTER_THE_OTHERS };
    const cluster = await Cluster.start(stage, settings, [], how);
    for (const node of cluster.nodes) shareAsOthers(node);
    const crowd = new Crowd(Number(new URL(await haproxyBefore(stage, ports)).port), SIZES);
    stage.atEnd(() => crowd.leave());
    const peak = await peakOf(stage, crowd);
    const pace = new Pace(Math.min(stage.pick(300, 50), peak * SHARE), () => crowd.ask());
    pace.start();
    await pause(stage.pick(30_000, 5_000));
    const steady = { requests: pace.times.length, p99: quantile(pace.times, 0.99) };
    pace.times = [];
    /** @type {string[]} */
    const unclean = [];
    /** @type {string[]} */
    const complaints = [];
    const rounds = stage.pick(10, 2);
    for (let round = 1; round <= rounds; round += 1) {
      for (let n = 0; n < ports.length; n += 1) {
        const before = cluster.at(n);
        const how = await cluster.restart(n);
        complaints.push(...complaintsOf(before));
        if (how !== 'exit code 0') unclean.push(how);
        while ((await notices(cluster.at(n).url)) === null) await pause(50);
        shareAsOthers(cluster.at(n));
        await pause(NOTICED_MS);
        const failed = [...byKind(pace.failures)].map(([kind, count]) => `${count} × ${kind}`).join(', ');
        stage.say(`round ${round}, node ${n}: ${pace.times.length} requests, failed: ${failed || 'none'}`);
      }
    }
    await pace.stop();
    complaints.push(...cluster.nodes.flatMap(complaintsOf));
    const findings = new Findings()
      .note('peak', peak, '/s')
      .note('asked for', pace.perSecond, '/s')
      .note('restarts', rounds * ports.length)
      .note('requests', steady.requests + pace.times.length)
      .none('failed', pace.failures);
    for (const [kind, count] of byKind([...pace.failures, ...complaints])) findings.note(kind, count);
    return findings
      .none('unclean exits', unclean)
      .note('p99 before', steady.p99, 'ms')
      .note('p99 meanwhile', quantile(pace.times, 0.99), 'ms')
      .atMost('p99 meanwhile', quantile(pace.times, 0.99) / steady.p99, 3, '× that before');
  },
};
