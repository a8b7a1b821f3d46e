/** P-6: acknowledged changes, each on disk before it is answered. */
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { atLeast, perSecond, shown } from './facts.mjs';
import { load, NOBODY_REFUSED, slowSync, startBroker, startPlainWriter } from './processes.mjs';
import { median, rounds } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./facts.mjs').Result} Result */

const CONNECTIONS = 64;

/** P-6 is judged where a sync takes as long as on a disk that keeps its word without a protected cache (ADR 0037). */
const HONEST_SYNC_MS = 1;

/** Every link waits for its person's answer. @param {string} dataDir */
function askAgain(dataDir) {
  const db = new Sqlite(`${dataDir}/signpost.sqlite`);
  db.exec("UPDATE links SET state = 'waiting', accepted_at = NULL WHERE state <> 'waiting'");
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** What one sync of a page costs in a folder. @param {string} folder @returns {number} milliseconds */
function syncMs(folder) {
  const file = openSync(`${folder}/sync`, 'w');
  const times = Array.from({ length: 200 }, (_, at) => {
    writeSync(file, Buffer.alloc(4_096), 0, 4_096, at * 4_096);
    const since = performance.now();
    fdatasyncSync(file);
    return performance.now() - since;
  });
  closeSync(file);
  return median(times);
}

/** How many a second. @param {Stage} stage @param {number} port */
function changesBy(stage, port) {
  const { servers, rich } = stage.sizes;
  /** @param {Omit<import('./load.mjs').Once, 'port' | 'connections' | 'from'>} job */
  const rate = async (job) => (await load({ ...job, from: 0, connections: CONNECTIONS, port })).rate;
  let nth = 0;
  return {
    updates: () => rate({ kind: 'change', count: servers, seconds: stage.effort.seconds }),
    // Every account with ten servers answers once in each round, about another server each time.
    accepts: () => rate({ kind: 'accept', count: Math.min(2_000, rich), servers, nth: nth++ }),
  };
}

/**
 * A disk: what stands before a command on it, how it syncs, and how much is asked of it.
 * @typedef {{ name: string, before: readonly string[], isJudged: boolean, rounds: number }} Disk
 */

/**
 * Bare Fastify that commits each change by itself, and the broker, on the same disk.
 * @param {Stage} stage @param {{ dataDir: string, file: string }} at data of the broker, and of the other one @param {Disk} disk
 * @returns {Promise<Result[]>}
 */
async function compare(stage, { dataDir, file }, disk) {
  askAgain(dataDir);
  const plain = await startPlainWriter(file, disk.before);
  const broker = await startBroker(dataDir, NOBODY_REFUSED, disk.before);
  const { updates, accepts } = changesBy(stage, broker.port);
  const result = await rounds(disk.rounds, {
    plain: changesBy(stage, plain.port).updates,
    updates,
    accepts,
  });
  for (const subject of [plain, broker]) await subject.stop();
  /** @param {'updates' | 'accepts'} name @param {string} what */
  const fact = (name, what) => {
    const said = {
      id: 'P-6',
      what: `${what}, 64 at once, SQLite, ${disk.name}, to one transaction and sync each`,
      value: result.ratio(name, 'plain'),
      detail: `${perSecond(result.rate[name])}, one sync each ${perSecond(result.rate.plain)}`,
    };
    return disk.isJudged ? atLeast({ ...said, least: 5 }) : shown(said);
  };
  return [fact('updates', 'new addresses'), fact('accepts', 'links accepted')];
}

/**
 * On PostgreSQL, on the disk as it is, beside bare Fastify on SQLite.
 * @param {Stage} stage @param {string} file of SQLite @returns {Promise<Result[]>}
 */
async function onPostgres(stage, file) {
  const postgres = await stage.postgres();
  if (postgres === null) return [];
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query("UPDATE links SET state = 'waiting', accepted_at = NULL");
  await client.query('VACUUM ANALYZE links');
  await client.end();
  const plain = await startPlainWriter(file);
  const broker = await startBroker(postgres.dataDir, { ...NOBODY_REFUSED, DATABASE_URL: postgres.url });
  const { updates, accepts } = changesBy(stage, broker.port);
  const all = { plain: changesBy(stage, plain.port).updates, updates, accepts };
  const result = await rounds(Math.min(2, stage.effort.rounds), all);
  for (const subject of [plain, broker]) await subject.stop();
  /** @param {'updates' | 'accepts'} name @param {string} what */
  const fact = (name, what) =>
    shown({
      id: 'P-6',
      what: `${what}, 64 at once, PostgreSQL, to one transaction and sync each of SQLite`,
      value: result.ratio(name, 'plain'),
      detail: `${perSecond(result.rate[name])}, one sync each ${perSecond(result.rate.plain)}`,
    });
  return [fact('updates', 'new addresses'), fact('accepts', 'links accepted')];
}

/** As it is; and where that says nothing of sharing a sync, once more as a slower one. @param {Stage} stage @returns {Disk[]} */
function disks(stage) {
  const ms = syncMs(stage.subfolder('sync'));
  const name = `a sync takes ${ms.toFixed(2)} ms`;
  const { rounds: all } = stage.effort;
  if (ms >= HONEST_SYNC_MS) return [{ name, before: [], isJudged: true, rounds: all }];
  const asItIs = { name, before: [], isJudged: false, rounds: Math.min(2, all) };
  const slow = slowSync();
  if (slow) return [asItIs, { name: `${name} and 2 ms more`, before: slow, isJudged: true, rounds: all }];
  stage.lacks('a disk that takes 2 ms more to sync (Debian: strace), by which P-6 is judged');
  return [asItIs];
}

/** @type {{ ids: readonly string[], prepare(stage: Stage): Promise<unknown>[], run(stage: Stage): Promise<Result[]> }} */
export const durableWrites = {
  ids: ['P-6'],
  prepare: (stage) => [stage.postgres()],
  async run(stage) {
    const dataDir = stage.copyOf(await stage.sqlite());
    const at = { dataDir, file: `${stage.copyOf(dataDir)}/signpost.sqlite` };
    const found = [];
    for (const disk of disks(stage)) found.push(...(await compare(stage, at, disk)));
    return [...found, ...(await onPostgres(stage, at.file))];
  },
};
