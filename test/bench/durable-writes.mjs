/** P-6: acknowledged changes, each on disk before it is answered. */
import Sqlite from 'better-sqlite3';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { atLeast, perSecond } from './facts.mjs';
import { load, NOBODY_REFUSED, slowSync, startBroker, startPlainWriter } from './processes.mjs';
import { median, rounds } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./facts.mjs').Result} Result */

const CONNECTIONS = 64;

/** Every seeded link waits for its person's answer. @param {string} dataDir */
function askAgain(dataDir) {
  const db = new Sqlite(`${dataDir}/signpost.sqlite`);
  db.exec("UPDATE links SET state = 'waiting', accepted_at = NULL");
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

/**
 * Bare Fastify that commits each change by itself, and the broker, on the same disk.
 * @param {Stage} stage @param {string} disk how it syncs @param {readonly string[]} [before] to stand before both commands
 * @returns {Promise<Result[]>}
 */
async function compare(stage, disk, before = []) {
  const dataDir = stage.copyOf(await stage.sqlite());
  askAgain(dataDir);
  const plain = await startPlainWriter(`${stage.copyOf(dataDir)}/signpost.sqlite`, before);
  const broker = await startBroker(dataDir, NOBODY_REFUSED, before);
  const { seconds } = stage.effort;
  const updates = { kind: /** @type {const} */ ('change'), from: 0, count: stage.sizes.servers, seconds };
  // Every account with ten servers answers once in each round, about another server each time.
  const answers = {
    kind: /** @type {const} */ ('accept'),
    from: 0,
    count: Math.min(2_000, stage.sizes.rich),
  };
  let nth = 0;
  /** @param {number} port @param {Omit<import('./load.mjs').Job, 'port' | 'connections'>} job */
  const rate = async (port, job) => (await load({ ...job, connections: CONNECTIONS, port })).rate;
  const result = await rounds(stage.effort.rounds, {
    plain: () => rate(plain.port, updates),
    updates: () => rate(broker.port, updates),
    accepts: () => rate(broker.port, { ...answers, servers: stage.sizes.servers, nth: nth++ }),
  });
  for (const subject of [plain, broker]) await subject.stop();
  /** @param {'updates' | 'accepts'} name @param {string} what */
  const fact = (name, what) =>
    atLeast({
      id: 'P-6',
      what: `${what}, 64 at once, SQLite, ${disk}, to one transaction and sync each`,
      value: result.ratio(name, 'plain'),
      least: 5,
      detail: `${perSecond(result.rate[name])}, one sync each ${perSecond(result.rate.plain)}`,
    });
  return [fact('updates', 'new addresses'), fact('accepts', 'links accepted')];
}

/** @type {{ ids: readonly string[], run(stage: Stage): Promise<Result[]> }} */
export const durableWrites = {
  ids: ['P-6'],
  async run(stage) {
    const here = `a sync takes ${syncMs(stage.subfolder('sync')).toFixed(2)} ms`;
    const found = await compare(stage, here);
    const slow = slowSync();
    if (!slow) stage.lacks('a disk that takes 2 ms more to sync (Debian: strace)');
    return slow ? [...found, ...(await compare(stage, `${here} and 2 ms more`, slow))] : found;
  },
};
