import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from '../../scripts/lib/child.mjs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { linksOf } from '../bench/cast.mjs';
import { Findings, quantile } from './findings.mjs';
import { rowsOfSqlite } from './journal.mjs';
import { Pace } from './pace.mjs';
import { listOf, readsAndWrites, seed } from './seeded.mjs';

/**
 * Where a broker keeps its rows, and with which settings.
 * @typedef {{ dataDir: string, settings: Readonly<Record<string, string>>, rows: (statement: string) => Promise<Record<string, unknown>[]> }} Place
 */

/** `signpost` on a place. @param {Place} place @param {string[]} args */
async function signpost({ dataDir, settings }, ...args) {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir, ...settings };
  const { code, output } = await run(process.execPath, [inCheckout('dist/cli.js'), ...args], {
    env,
    cwd: dataDir,
  });
  if (code !== 0) throw new Error(`signpost ${args.join(' ')}: ${output}`);
}

/** @param {import('./stage.mjs').Stage} stage @param {string} name @returns {Promise<Place>} */
function onSqlite(stage, name) {
  const dataDir = stage.folder(name);
  return Promise.resolve({ dataDir, settings: {}, rows: rowsOfSqlite(dataDir) });
}

/** A PostgreSQL of its own for each. @type {typeof onSqlite} */
async function onPostgres(stage, name) {
  const database = await stage.postgres();
  const settings = { DATABASE_URL: database.url };
  return { dataDir: stage.folder(name), settings, rows: (statement) => database.rows(statement) };
}

/** @param {string} what @param {typeof onSqlite} placeOn @returns {import('./stage.mjs').Experiment} */
const backupUnderLoad = (what, placeOn) => ({
  id: 'R-33',
  what,
  must: 'p99 at most 1.5 times what it is without, lists are held until they are accepted, all within 10 minutes',
  async run(stage) {
    const place = await placeOn(stage, 'data');
    const { dataDir, settings } = place;
    const { DATABASE_URL: databaseUrl } = settings;
    const sizes = await seed(stage, dataDir, databaseUrl === undefined ? {} : { databaseUrl });
    const broker = await stage.broker({ dataDir, settings: { LOG_LEVEL: 'warn', ...settings } });
    const file = path.join(stage.folder('backup'), 'today.backup');
    const quiet = new Pace(200, readsAndWrites(broker.url, sizes));
    const busy = new Pace(200, readsAndWrites(broker.url, sizes));
    let seconds = 0;
    for (let round = 0; round < stage.pick(5, 2); round += 1) {
      quiet.start();
      await pause(stage.pick(20_000, 4_000));
      await quiet.stop();
      busy.start();
      const since = performance.now();
      await signpost(place, 'backup', '--force', file);
      seconds = (performance.now() - since) / 1_000;
      await busy.stop();
      stage.say(`a backup took ${seconds.toFixed(1)} s`);
    }
    broker.kill();
    await broker.ended;
    const elsewhere = await placeOn(stage, 'elsewhere');
    const drill = performance.now();
    copyFileSync(path.join(dataDir, 'keyring.json'), path.join(elsewhere.dataDir, 'keyring.json'));
    await signpost(elsewhere, 'restore', file);
    const restored = await stage.broker({ dataDir: elsewhere.dataDir, settings: elsewhere.settings });
    const held = await listOf(restored.url, 0);
    await signpost(elsewhere, 'restore', 'accept', '--yes');
    const drillSeconds = (performance.now() - drill) / 1_000;
    return new Findings()
      .note('links', sizes.links)
      .note('backup', seconds, 's')
      .note('p99 without', quantile(quiet.times, 0.99), 'ms')
      .atMost('p99 meanwhile', quantile(busy.times, 0.99) / quantile(quiet.times, 0.99), 1.5, '×')
      .none('failed requests', [...quiet.failures, ...busy.failures])
      .atLeast('lists in the hold', held.status, 503)
      .none('links that did not come back', await missing(elsewhere, sizes))
      .atMost('restore drill', drillSeconds, 600, 's');
  },
});

export const backupOfSqlite = backupUnderLoad('a backup under load, and a restore with the hold', onSqlite);
export const backupOfPostgres = backupUnderLoad('the same on PostgreSQL', onPostgres);

/** @param {Place} place @param {import('../bench/cast.mjs').Sizes} sizes @returns {Promise<string[]>} */
async function missing({ rows }, sizes) {
  const [row] = await rows("SELECT count(*) AS links FROM links WHERE state = 'accepted'");
  const [found, wanted] = [Number(row?.['links']), [...linksOf(sizes)].length];
  return found === wanted ? [] : [`${wanted - found} of ${wanted}`];
}
