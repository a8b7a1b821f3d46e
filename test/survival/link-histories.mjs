import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from './cluster.mjs';
import { Findings } from './findings.mjs';
import { LinkClients } from './link-clients.mjs';
import { operationOf } from './link-history.mjs';
import { violationIn } from './linearizable.mjs';
import { Misfortunes } from './misfortunes.mjs';
import { NotHere } from './stage.mjs';

/** For how long a list may be out of date, in milliseconds (R-51, and R-50 without Redis). */
const STALE_MS = { ever: 500, withoutRedis: 2_000 };
/** Of so many nodes, these are wrong by nearly the five minutes of R-26. */
const SKEWS = ['', '+290s', '-290s'];

/** @type {import('./stage.mjs').Experiment} */
export const linkHistories = {
  id: 'R-51',
  what: 'links made, accepted and ended at three nodes whose clocks are minutes apart, while nodes are killed, stopped and cut off',
  must: 'every answer fits one order of all that was done to the link; a list shows what was so within the 500 ms before, 2 s without Redis',
  async run(stage) {
    const settings = SKEWS.map(skewed);
    const cluster = await Cluster.start(stage, settings, stage.pick(['ann', 'bob', 'cleo'], ['ann', 'bob']));
    const clients = new LinkClients(cluster);
    await clients.settle(stage.pick(6, 5));
    const misfortunes = new Misfortunes(cluster);
    clients.start();
    do await rounds(misfortunes, stage.short);
    while (clients.operations < stage.pick(12_000, 0));
    await pause(1_000);
    await clients.stop();
    stage.say(`${clients.operations} operations`);
    return judge(clients, misfortunes);
  },
};

/** Two at a time in the full form, to different nodes. @param {Misfortunes} misfortunes @param {boolean} short */
async function rounds(misfortunes, short) {
  const groups = short ? [[0, 1, 2]] : [[0, 1], [2]];
  await Promise.all(groups.map((nodes) => misfortunes.round(nodes)));
}

/** @param {LinkClients} clients @param {Misfortunes} misfortunes */
function judge({ links, operations, unknown, surprises }, { counts, withoutRedis }) {
  const violations = links.flatMap(({ seen }) => violationsIn(seen, staleWithin(withoutRedis)));
  const findings = new Findings().note('operations', operations).note('links', links.length);
  findings.note('unknown', unknown);
  for (const [kind, count] of counts) findings.note(kind, count);
  const slowest = [0, 50, 100, 200, 300, 400, 500].find((bound) =>
    links.every(({ seen }) => violationsIn(seen, () => bound).length === 0),
  );
  return findings
    .none('surprises', surprises)
    .none('histories that nothing explains', violations)
    .note('all is explained by lists that are so old at most', slowest ?? Infinity, 'ms');
}

/**
 * @param {readonly import('./link-history.mjs').Seen[]} seen
 * @param {(list: import('./link-history.mjs').Seen) => number} stale
 * @returns {string[]} in words; one at most
 */
function violationsIn(seen, stale) {
  // What a server reads is never remembered: it is as it is.
  const operations = seen.map((one) => operationOf(one, one.what === 'device list' ? stale(one) : 0));
  const violation = violationIn(operations, 'none');
  if (!violation) return [];
  const { unexplained, states, before } = violation;
  const lines = before.map(({ words }) => `    ${words}`).join('\n');
  return [`${unexplained.words}, though it was ${states.join(' or ')}; before it:\n${lines}`];
}

/** @param {readonly { from: number, until: number }[]} spans @returns {(list: { from: number, until: number }) => number} */
function staleWithin(spans) {
  return ({ from, until }) =>
    spans.some((span) => from < span.until && until > span.from) ? STALE_MS.withoutRedis : STALE_MS.ever;
}

/** @param {string} skew @returns {Record<string, string>} */
function skewed(skew) {
  if (skew === '') return {};
  return { LD_PRELOAD: library(), FAKETIME: skew, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

/** @returns {string} the library of Debian's package `faketime` @throws NotHere */
function library() {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  const files = folders.map((folder) => path.join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'));
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw new NotHere('faketime');
  return found;
}
