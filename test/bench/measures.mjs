/** What is measured, by the numbers of docs/performance.md. Each starts what it needs and stops it. */
import { againstPlainWay } from './against-plain-way.mjs';
import { crowd } from './crowd.mjs';
import { durableWrites } from './durable-writes.mjs';
import { atLeast, atMost, perSecond } from './facts.mjs';
import { growth } from './growth.mjs';
import { startNginx, startSyncthingDiscovery } from './others.mjs';
import { load, NOBODY_REFUSED, READ_AHEAD, startBare, startBroker, startLoad } from './processes.mjs';
import { median, ratesOf, slices } from './rounds.mjs';
import { signIns } from './sign-ins.mjs';
import { updates } from './updates.mjs';

/** @typedef {import('./facts.mjs').Result} Result */
/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {Awaited<ReturnType<typeof startLoad>>} Load */
/** @typedef {{ ids: readonly string[], prepare?(stage: Stage): Promise<unknown>[], run(stage: Stage): Promise<Result[]> }} Measure `prepare` begins to seed what only it needs */

const CONNECTIONS = 32;

/** @param {Stage} stage accounts with ten servers each, of which 10,000 in the full data */
const richJob = ({ sizes }) => ({ connections: CONNECTIONS, from: 0, count: sizes.rich });

/** @param {Stage} stage @param {string} file */
async function startOthers(stage, file) {
  const nginx = await startNginx(stage.subfolder('nginx'), file);
  const syncthing = await startSyncthingDiscovery(stage);
  if (!nginx) stage.lacks('nginx');
  return { nginx, syncthing };
}

const PLAIN = { kind: /** @type {const} */ ('plain'), connections: CONNECTIONS, from: 0, count: 1 };

/** @param {Awaited<ReturnType<typeof startOthers>>} others @param {number} http a port */
async function loadsOnOthers({ nginx, syncthing }, http) {
  /** @type {Record<string, Load>} */
  const loads = { 'node:http': await startLoad({ ...PLAIN, port: http }) };
  if (nginx) loads['nginx'] = await startLoad({ ...PLAIN, port: nginx.port });
  if (syncthing) {
    const { subject, path } = syncthing;
    loads['Syncthing discovery'] = await startLoad({ ...PLAIN, port: subject.port, path });
  }
  return loads;
}

/** @type {Measure} */
const warm = {
  ids: ['P-1', 'P-2'],
  async run(stage) {
    const dataDir = await stage.sqlite();
    const tokens = stage.accessTokens(dataDir);
    const broker = await startBroker(dataDir);
    const file = await stage.bodyFrom(broker.port);
    const apiFastify = await startBare('fastify', await stage.apiBodyFrom(broker.port, tokens));
    const [fastify, http] = [await startBare('fastify', file), await startBare('http', file)];
    const others = await startOthers(stage, file);
    const lists = { kind: /** @type {const} */ ('list'), ...richJob(stage), port: broker.port };
    const loads = {
      fastify: await startLoad({ ...PLAIN, port: fastify.port }),
      lists: await startLoad(lists),
      unchanged: await startLoad({ ...lists, kind: 'same' }),
      apiFastify: await startLoad({ ...PLAIN, port: apiFastify.port }),
      api: await startLoad({ ...lists, tokens }),
      apiUnchanged: await startLoad({ ...lists, tokens, kind: 'same' }),
    };
    // Every list, so that all are found in memory: a token that is new goes the long way, the next time makes the
    // bytes, and a request that has come twice so is known by its own from then on.
    for (let time = 0; time < 4; time += 1)
      for (const name of /** @type {const} */ (['lists', 'unchanged', 'api', 'apiUnchanged']))
        await loads[name].ask();
    // These stand beside it, and nothing is held against them.
    const onOthers = await loadsOnOthers(others, http.port);
    const { rounds, seconds } = stage.effort;
    const beside = await slices({ rounds: Math.min(2, rounds), seconds }, ratesOf(onOthers));
    const result = await slices(stage.effort, ratesOf(loads));
    for (const each of [...Object.values(loads), ...Object.values(onOthers)]) await each.stop();
    for (const subject of [broker, fastify, apiFastify, http, others.nginx, others.syncthing?.subject])
      await subject?.stop();
    const compared = { Fastify: result.rate.fastify, ...beside.rate };
    const rates = Object.entries(compared).map(([name, seen]) => `${name} ${perSecond(seen)}`);
    return [
      atLeast({
        id: 'P-1',
        what: 'discovery, warm, to bare Fastify',
        value: result.ratio('lists', 'fastify'),
        least: 0.8,
        detail: [perSecond(result.rate.lists), ...rates].join(', '),
      }),
      atLeast({
        id: 'P-2',
        what: 'discovery, unchanged, to P-1',
        value: result.ratio('unchanged', 'lists'),
        least: 1,
        detail: perSecond(result.rate.unchanged),
      }),
      atLeast({
        id: 'P-1',
        what: 'the same by the API, to bare Fastify',
        value: result.ratio('api', 'apiFastify'),
        least: 0.8,
        detail: `${perSecond(result.rate.api)}, Fastify ${perSecond(result.rate.apiFastify)}`,
      }),
      atLeast({
        id: 'P-2',
        what: 'the same by the API, to P-1',
        value: result.ratio('apiUnchanged', 'api'),
        least: 1,
        detail: perSecond(result.rate.apiUnchanged),
      }),
    ];
  },
};

/** @type {Measure} */
const cold = {
  ids: ['P-3'],
  prepare: (stage) => [stage.postgres()],
  async run(stage) {
    const postgres = await stage.postgres();
    const settings = { LISTS_MEMORY_MB: '0', ...NOBODY_REFUSED };
    const onSqlite = await startBroker(await stage.sqlite(), settings);
    const onPostgres =
      postgres && (await startBroker(postgres.dataDir, { ...settings, DATABASE_URL: postgres.url }));
    const fastify = await startBare('fastify', await stage.meanBodyFrom(onSqlite.port));
    const { rich, accounts } = stage.sizes;
    // Lists of three on average: both kinds of accounts, evenly.
    const job = {
      kind: /** @type {const} */ ('list'),
      ...richJob(stage),
      step: Math.max(1, Math.floor(accounts / rich)),
    };
    /** @type {Record<string, Load>} */
    const loads = { SQLite: await startLoad({ ...job, port: onSqlite.port }) };
    if (onPostgres) loads['PostgreSQL'] = await startLoad({ ...job, port: onPostgres.port });
    const names = Object.keys(loads);
    // Tokens are remembered from then on, and lists are read all the same.
    for (const each of Object.values(loads)) await each.ask();
    loads['Fastify'] = await startLoad({ ...PLAIN, port: fastify.port });
    const result = await slices(stage.effort, ratesOf(loads));
    for (const each of [...Object.values(loads), onSqlite, onPostgres, fastify]) await each?.stop();
    const rateOf = (/** @type {string} */ name) => perSecond(result.rate[name] ?? NaN);
    return names.map((name) =>
      atLeast({
        id: 'P-3',
        what: `discovery, cold, ${name}, to bare Fastify`,
        value: result.ratio(name, 'Fastify'),
        least: 0.15,
        detail: `${rateOf(name)}, Fastify ${rateOf('Fastify')}`,
      }),
    );
  },
};

/** @type {Measure} */
const firstSeen = {
  ids: ['P-12'],
  async run(stage) {
    const dataDir = await stage.sqlite();
    const ratios = [];
    let detail = '';
    // Each of them asks for every account.
    for (let round = 0; round < 2; round += 1) {
      const broker = await startBroker(dataDir, { ...NOBODY_REFUSED, ...READ_AHEAD });
      const ahead = await broker.readAhead();
      const fastify = await startBare('fastify', await stage.meanBodyFrom(broker.port));
      const { seconds } = stage.effort;
      const bare = await load({ ...richJob(stage), kind: 'plain', port: fastify.port, seconds });
      const job = { connections: CONNECTIONS, from: 0, count: stage.sizes.accounts, port: broker.port };
      const first = await load({ ...job, kind: 'list' });
      for (const subject of [broker, fastify]) await subject.stop();
      ratios.push(first.rate / bare.rate);
      detail = `${perSecond(first.rate)}, Fastify ${perSecond(bare.rate)}, lists read ahead in ${ahead.toFixed(0)} s`;
    }
    const what = `${stage.sizes.accounts} accounts seen for the first time, to bare Fastify`;
    return [atLeast({ id: 'P-12', what, value: median(ratios), least: 0.3, detail })];
  },
};

/** @type {Measure} */
const footprint = {
  ids: ['P-8', 'P-9'],
  async run(stage) {
    const dataDir = await stage.sqlite();
    const starts = [];
    for (let round = 0; round < stage.effort.rounds; round += 1) {
      const broker = await startBroker(dataDir);
      starts.push(broker.startMs);
      await broker.stop();
    }
    const small = await startBroker(stage.subfolder('empty'));
    const idle = small.residentMb;
    await small.stop();
    const broker = await startBroker(dataDir, READ_AHEAD);
    await broker.readAhead();
    const job = { connections: CONNECTIONS, from: 0, count: stage.sizes.rich, port: broker.port };
    // As often as it takes until what is sent is kept.
    for (let round = 0; round < 4; round += 1) await load({ ...job, kind: 'list' });
    const full = broker.residentMb;
    await broker.stop();
    const lists = `with all lists in memory, ${stage.sizes.rich} of ten servers with their bytes`;
    return [
      atMost({
        id: 'P-8',
        what: 'start',
        value: median(starts),
        unit: 'ms',
        most: 1_500,
        detail: 'to listening',
      }),
      atMost({
        id: 'P-9',
        what: 'memory',
        value: idle,
        unit: 'MB',
        most: 130,
        detail: 'idle, with an empty database',
      }),
      atMost({ id: 'P-9', what: 'memory', value: full, unit: 'MB', most: 300, detail: lists }),
    ];
  },
};

/** @type {readonly Measure[]} */
export const measures = [
  warm,
  crowd,
  againstPlainWay,
  signIns,
  cold,
  firstSeen,
  updates,
  durableWrites,
  growth,
  footprint,
];
