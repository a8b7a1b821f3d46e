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

/** `signpost` on a data folder. @param {string} dataDir @param {string[]} args */
async function signpost(dataDir, ...args) {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir };
  const { code, output } = await run(process.execPath, [inCheckout('dist/cli.js'), ...args], {
    env,
    cwd: dataDir,
  });
  if (code !== 0) throw new Error(`signpost ${args.join(' ')}: ${output}`);
}

/** @type {import('./stage.mjs').Experiment} */
export const backupUnderLoad = {
  id: 'R-33',
  what: 'a backup under load, and a restore with the hold',
  must: 'p99 at most 1.5 times what it is without, lists are held until they are accepted, all within 10 minutes',
  async run(stage) {
    const dataDir = stage.folder('data');
    const sizes = await seed(stage, dataDir);
    const broker = await stage.broker({ dataDir, settings: { LOG_LEVEL: 'warn' } });
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
      await signpost(dataDir, 'backup', '--force', file);
      seconds = (performance.now() - since) / 1_000;
      await busy.stop();
      stage.say(`a backup took ${seconds.toFixed(1)} s`);
    }
    broker.kill();
    await broker.ended;
    const drill = performance.now();
    const elsewhere = stage.folder('elsewhere');
    copyFileSync(path.join(dataDir, 'keyring.json'), path.join(elsewhere, 'keyring.json'));
    await signpost(elsewhere, 'restore', file);
    const restored = await stage.broker({ dataDir: elsewhere });
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
};

/** @param {string} dataDir @param {import('../bench/cast.mjs').Sizes} sizes @returns {Promise<string[]>} */
async function missing(dataDir, sizes) {
  const [row] = await rowsOfSqlite(dataDir)("SELECT count(*) AS links FROM links WHERE state = 'accepted'");
  const [found, wanted] = [Number(row?.['links']), [...linksOf(sizes)].length];
  return found === wanted ? [] : [`${wanted - found} of ${wanted}`];
}
