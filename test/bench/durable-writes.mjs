/** P-6: acknowledged changes, each on disk before it is answered. */
import Sqlite from 'better-sqlite3';
import { atLeast, perSecond } from './facts.mjs';
import { load, startBroker, startPlainWriter } from './processes.mjs';
import { rounds } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

const CONNECTIONS = 64;

/** Every seeded link waits for its person's answer. @param {string} dataDir */
function askAgain(dataDir) {
  const db = new Sqlite(`${dataDir}/signpost.sqlite`);
  db.exec("UPDATE links SET state = 'waiting', accepted_at = NULL");
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** @type {{ ids: readonly string[], run(stage: Stage): Promise<import('./facts.mjs').Result[]> }} */
export const durableWrites = {
  ids: ['P-6'],
  async run(stage) {
    const dataDir = stage.copyOf(await stage.sqlite());
    askAgain(dataDir);
    const plain = await startPlainWriter(`${stage.copyOf(dataDir)}/signpost.sqlite`);
    const broker = await startBroker(dataDir);
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
        what: `${what}, 64 at once, to one transaction and sync each`,
        value: result.ratio(name, 'plain'),
        least: 5,
        detail: `${perSecond(result.rate[name])}, one sync each ${perSecond(result.rate.plain)}`,
      });
    return [fact('updates', 'new addresses, SQLite'), fact('accepts', 'links accepted, SQLite')];
  },
};
