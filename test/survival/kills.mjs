import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Findings } from './findings.mjs';
import { Journal, rowsOfSqlite } from './journal.mjs';
import { PASSWORD, signUp } from './people.mjs';
import { soundness } from './soundness.mjs';
import { Storm } from './storm.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./stage.mjs').Experiment} Experiment */

/** Before a kill, when it is counted how fast it writes. */
const LAST_MS = 1_000;

/** @param {Stage} stage @param {import('./database.mjs').Database | null} database null: SQLite */
async function kill(stage, database) {
  const dataDir = stage.folder('data');
  const start = () => stage.broker({ dataDir, settings: database ? { DATABASE_URL: database.url } : {} });
  const storm = new Storm();
  const journal = new Journal(
    storm,
    database ? (statement) => database.rows(statement) : rowsOfSqlite(dataDir),
  );
  let broker = await start();
  const people = [];
  for (const name of ['ann', 'bob', 'cleo', 'dora']) people.push(await signUp(broker, name));
  await signUp(broker, 'owner');
  storm.addOwner('owner', PASSWORD);
  const rates = [];
  const ready = [];
  const kills = stage.pick(100, 4);
  for (let at = 1; at <= kills; at += 1) {
    const raging = storm.rage(broker.url, people);
    // A broker that has just started compiles its code at first: it is killed in that, too, but mostly while it writes fast.
    await pause(500 + randomInt(4_500));
    const [since, before] = [performance.now(), storm.acknowledged];
    await pause(LAST_MS);
    rates.push(((storm.acknowledged - before) * 1_000) / (performance.now() - since));
    broker.kill();
    await broker.ended;
    storm.calm();
    await raging;
    const killed = performance.now();
    broker = await start();
    ready.push(performance.now() - killed);
    await journal.check(broker.url, 'new');
    if (at % 10 === 0 || stage.short)
      stage.say(`${at} kills, ${storm.acknowledged} acknowledged, ${journal.lost.length} lost`);
  }
  await journal.check(broker.url, 'all');
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return new Findings()
    .note('kills', kills)
    .note('acknowledged', storm.acknowledged)
    .atLeast('passwords changed', storm.passwordsChanged, Math.floor(kills / 10))
    .note('accounts signed up', storm.signedUp.length)
    .atLeast('writes in the second before a kill', mean, 200)
    .none('lost', journal.lost)
    .none('half done', journal.halfDone)
    .none('surprises', storm.surprises)
    .none('damage', await soundness(database ?? dataDir))
    .atMost('ready again', Math.max(...ready) / 1_000, database ? 5 : 2, 's');
}

const must = 'nothing acknowledged is lost, nothing half done, the file is sound, ready again soon';

/** @type {Experiment} */
export const killsOnSqlite = {
  id: 'R-10',
  what: 'kill -9 while it writes, on SQLite',
  must,
  run: (stage) => kill(stage, null),
};

/** @type {Experiment} */
export const killsOnPostgres = {
  id: 'R-10',
  what: 'kill -9 while it writes, on PostgreSQL',
  must,
  run: async (stage) => kill(stage, await stage.postgres()),
};
