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
/**
 * Of the peak, by three nodes. Two have to serve it, with what a third that starts leaves of the cores, and the speed of a machine may
 * fall by a third meanwhile: where half was asked for, 71 of 136,007 failed in such a minute.
 */
const SHARE = 0.4;
/** Before the restarts of a round. */
const STEADY_MS = 10_000;
/** A machine that does other things, too, may never be steady. */
const SLICES_AT_MOST = 24;

/** @param {Stage} stage @param {Crowd} crowd @returns {Promise<number>} what they serve in a second once they are warm */
async function peakOfWarm(stage, crowd) {
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
  must: 'no request fails, although no write is sent twice; clean exits; p99 ≤ 3 × that before (the median of the rounds)',
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
    const rounds = [];
    for (let nth = 1; nth <= stage.pick(10, 2); nth += 1)
      rounds.push(await round(stage, cluster, crowd, nth));
    return findingsOf(rounds, cluster);
  },
};

/**
 * The speed of a machine moves within minutes by more than is in question, so that each round looks for the peak, asks for its share of
 * that, and compares with how it was before its own restarts.
 * @param {Stage} stage @param {Cluster} cluster @param {Crowd} crowd @param {number} nth
 */
async function round(stage, cluster, crowd, nth) {
  const peak = await peakOfWarm(stage, crowd);
  const pace = new Pace(Math.min(stage.pick(300, 50), peak * SHARE), () => crowd.ask());
  pace.start();
  await pause(STEADY_MS);
  const steady = pace.times;
  pace.times = [];
  /** @type {string[]} */
  const unclean = [];
  /** @type {string[]} */
  const complaints = [];
  for (let n = 0; n < cluster.nodes.length; n += 1) {
    const before = cluster.at(n);
    const how = await cluster.restart(n);
    complaints.push(...complaintsOf(before));
    if (how !== 'exit code 0') unclean.push(how);
    while ((await notices(cluster.at(n).url)) === null) await pause(50);
    shareAsOthers(cluster.at(n));
    await pause(NOTICED_MS);
  }
  await pace.stop();
  const requests = steady.length + pace.times.length;
  const [before, meanwhile] = [quantile(steady, 0.99), quantile(pace.times, 0.99)];
  const failed = [...byKind(pace.failures)].map(([kind, count]) => `${count} × ${kind}`).join(', ');
  stage.say(
    `round ${nth}: ${requests} requests at ${pace.perSecond.toFixed(0)} a second of a peak of ${peak.toFixed(0)}, p99 ${before.toFixed(0)} and ${meanwhile.toFixed(0)} ms, failed: ${failed || 'none'}`,
  );
  return {
    peak,
    perSecond: pace.perSecond,
    requests,
    before,
    meanwhile,
    failures: pace.failures,
    unclean,
    complaints,
  };
}

/** @param {readonly Awaited<ReturnType<typeof round>>[]} rounds @param {Cluster} cluster */
function findingsOf(rounds, cluster) {
  const failures = rounds.flatMap((one) => one.failures);
  const complaints = [
    ...rounds.flatMap((one) => one.complaints),
    ...cluster.nodes.flatMap((node) => complaintsOf(node)),
  ];
  const middle = (/** @type {(one: typeof rounds[number]) => number} */ figure) =>
    quantile(rounds.map(figure), 0.5);
  const peak = middle((one) => one.peak);
  const perSecond = middle((one) => one.perSecond);
  const requests = rounds.reduce((sum, one) => sum + one.requests, 0);
  const unclean = rounds.flatMap((one) => one.unclean);
  const before = middle((one) => one.before);
  const meanwhile = middle((one) => one.meanwhile);
  const worst = Math.max(...rounds.map((one) => one.meanwhile));
  const times = middle((one) => one.meanwhile / one.before);
  const findings = new Findings()
    .note('peak, the median of the rounds', peak, '/s')
    .note('asked for, the median', perSecond, '/s')
    .note('restarts', rounds.length * cluster.nodes.length)
    .note('requests', requests)
    .none('failed', failures);
  for (const [kind, count] of byKind([...failures, ...complaints])) findings.note(kind, count);
  return findings
    .none('unclean exits', unclean)
    .note('p99 before, the median', before, 'ms')
    .note('p99 meanwhile, the median', meanwhile, 'ms')
    .note('p99 meanwhile, the worst round', worst, 'ms')
    .atMost('p99 meanwhile, the median', times, 3, '× that before');
}
