/** What is measured, by the numbers of docs/performance.md. Each starts what it needs and stops it. */
import { againstPlainWay } from './against-plain-way.mjs';
import { crowd } from './crowd.mjs';
import { durableWrites } from './durable-writes.mjs';
import { atLeast, atMost, perSecond } from './facts.mjs';
import { growth } from './growth.mjs';
import { startNginx, startSyncthingDiscovery } from './others.mjs';
import { load, NOBODY_REFUSED, READ_AHEAD, startBare, startBroker } from './processes.mjs';
import { median, rounds, roundsThereAndBack } from './rounds.mjs';
import { signIns } from './sign-ins.mjs';

/** @typedef {import('./facts.mjs').Result} Result */
/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {{ ids: readonly string[], prepare?(stage: Stage): Promise<unknown>[], run(stage: Stage): Promise<Result[]> }} Measure `prepare` begins to seed what only it needs */

const CONNECTIONS = 32;

/** @param {Stage} stage accounts with ten servers each, of which 10,000 in the full data */
const richJob = ({ sizes, effort }) => ({
  connections: CONNECTIONS,
  from: 0,
  count: sizes.rich,
  // There and back again.
  seconds: effort.seconds / 2,
});

/** @param {Stage} stage @param {string} file */
async function startOthers(stage, file) {
  const nginx = await startNginx(stage.subfolder('nginx'), file);
  const syncthing = await startSyncthingDiscovery(stage.subfolder('syncthing'));
  if (!nginx) stage.lacks('nginx');
  if (!syncthing) stage.lacks('Syncthing’s discovery server (Debian: syncthing-discosrv)');
  return { nginx, syncthing };
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
    const { nginx, syncthing } = await startOthers(stage, file);
    const rich = richJob(stage);
    const rate = async (/** @type {Partial<import('./load.mjs').Job> & { port: number }} */ job) =>
      (await load({ kind: 'list', ...rich, ...job })).rate;
    // Every list, so that the rounds find all in memory: a token that is new goes the long way, the next time makes the
    // bytes, and a request that has come twice so is known by its own from then on.
    const once = { connections: CONNECTIONS, from: 0, count: rich.count, port: broker.port };
    for (let time = 0; time < 4; time += 1) {
      await load({ kind: 'list', ...once });
      await load({ kind: 'list', tokens, ...once });
    }
    // These stand beside it, and nothing is held against them.
    const beside = await roundsThereAndBack(Math.min(2, stage.effort.rounds), {
      http: () => rate({ kind: 'plain', port: http.port }),
      nginx: async () => (nginx ? rate({ kind: 'plain', port: nginx.port }) : NaN),
      syncthing: async () =>
        syncthing ? rate({ kind: 'plain', port: syncthing.subject.port, path: syncthing.path }) : NaN,
    });
    const result = await roundsThereAndBack(stage.effort.rounds, {
      fastify: () => rate({ kind: 'plain', port: fastify.port }),
      lists: () => rate({ port: broker.port }),
      unchanged: () => rate({ kind: 'same', port: broker.port }),
      apiFastify: () => rate({ kind: 'plain', port: apiFastify.port }),
      api: () => rate({ port: broker.port, tokens }),
      apiUnchanged: () => rate({ kind: 'same', port: broker.port, tokens }),
    });
    for (const subject of [broker, fastify, apiFastify, http, nginx, syncthing?.subject])
      await subject?.stop();
    const compared = {
      Fastify: result.rate.fastify,
      'node:http': beside.rate.http,
      nginx: beside.rate.nginx,
      'Syncthing discovery': beside.rate.syncthing,
    };
    const rates = Object.entries(compared).map(
      ([name, seen]) => `${name} ${Number.isNaN(seen) ? 'not installed' : perSecond(seen)}`,
    );
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
    const job = { ...richJob(stage), count: Math.min(accounts, rich * 10) };
    const rate = async (/** @type {number} */ port, /** @type {'list' | 'plain'} */ kind) =>
      (await load({ ...job, kind, port })).rate;
    const result = await roundsThereAndBack(stage.effort.rounds, {
      fastify: () => rate(fastify.port, 'plain'),
      sqlite: () => rate(onSqlite.port, 'list'),
      postgres: () => (onPostgres ? rate(onPostgres.port, 'list') : Promise.resolve(NaN)),
    });
    for (const subject of [onSqlite, onPostgres, fastify]) await subject?.stop();
    /** @param {'sqlite' | 'postgres'} name */
    const fact = (name) =>
      atLeast({
        id: 'P-3',
        what: `discovery, cold, ${name}, to bare Fastify`,
        value: result.ratio(name, 'fastify'),
        least: 0.15,
        detail: `${perSecond(result.rate[name])}, Fastify ${perSecond(result.rate.fastify)}`,
      });
    return onPostgres ? [fact('sqlite'), fact('postgres')] : [fact('sqlite')];
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
const updates = {
  ids: ['P-5'],
  async run(stage) {
    const broker = await startBroker(await stage.sqlite());
    const fastify = await startBare('fastify', await stage.bodyFrom(broker.port));
    const { seconds } = stage.effort;
    const job = { connections: CONNECTIONS, from: 0, count: stage.sizes.servers, seconds };
    const rate = async (/** @type {number} */ port, /** @type {'update' | 'plain'} */ kind) =>
      (await load({ ...job, kind, port })).rate;
    // Every server once, as hourly updates find them: known.
    await load({ kind: 'update', connections: CONNECTIONS, from: 0, count: job.count, port: broker.port });
    const result = await rounds(stage.effort.rounds, {
      fastify: () => rate(fastify.port, 'plain'),
      updates: () => rate(broker.port, 'update'),
    });
    for (const subject of [broker, fastify]) await subject.stop();
    const detail = `${perSecond(result.rate.updates)}, Fastify ${perSecond(result.rate.fastify)}`;
    const value = result.ratio('updates', 'fastify');
    return [
      atLeast({ id: 'P-5', what: 'update with nothing new, to bare Fastify', value, least: 0.35, detail }),
    ];
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
