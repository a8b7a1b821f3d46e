import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { Findings, quantile } from './findings.mjs';
import { Pace } from './pace.mjs';
import { readsAndWrites, seed } from './seeded.mjs';

/** The next version's change of the schema, as the house wants it: a short lock, then batches, and it can be begun again. */
const NEXT = `
export class NextVersion9999999999999 {
  name = 'NextVersion9999999999999';
  transaction = false;
  async up(runner) {
    await runner.query("SET lock_timeout = '1s'");
    for (;;) {
      try {
        await runner.query('ALTER TABLE links ADD COLUMN IF NOT EXISTS next_version bigint');
        break;
      } catch (error) {
        if (error.code !== '55P03') throw error;
      }
    }
    for (let after = '', rows = []; ; after = rows.at(-1).id) {
      rows = await runner.query('SELECT id FROM links WHERE id > $1 ORDER BY id LIMIT 1000', [after]);
      if (rows.length === 0) break;
      await runner.query('UPDATE links SET next_version = created_at WHERE id = ANY($1) AND next_version IS NULL', [rows.map(({ id }) => id)]);
    }
  }
  async down() {}
}
`;

/** Requests a second. */
const RATE = 200;

/** The broker with one more migration, as the next version would be. @param {string} folder */
function nextVersion(folder) {
  const dist = path.join(folder, 'dist');
  cpSync(inCheckout('dist'), dist, { recursive: true });
  cpSync(inCheckout('package.json'), path.join(folder, 'package.json'));
  symlinkSync(inCheckout('node_modules'), path.join(folder, 'node_modules'));
  const migrations = path.join(dist, 'modules/platform/database/migrations');
  writeFileSync(path.join(migrations, 'next.js'), NEXT);
  const index = path.join(migrations, 'index.js');
  const listed = readFileSync(index, 'utf8').replace(
    /(export const migrations = \[[^\]]*)\]/,
    '$1    NextVersion9999999999999,\n]',
  );
  writeFileSync(index, `import { NextVersion9999999999999 } from './next.js';\n${listed}`);
  // Not the bundle: what was changed is read from its own files.
  return path.join(dist, 'modules/main.js');
}

/** From its own files as the next one, so that its start takes as much of the machine. */
const THIS_VERSION = inCheckout('dist/modules/main.js');

/** @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} child @param {boolean} [thenEnds] */
async function listensOrEnds(child, thenEnds = false) {
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (!thenEnds || child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

/** @param {Pace} pace */
const shareFailed = ({ failures, times }) => failures.length / Math.max(1, times.length);

/** @type {import('./stage.mjs').Experiment} */
export const migrationUnderLoad = {
  id: 'R-32',
  what: 'the next version changes the schema while this one serves, and is killed in the middle',
  must: 'no more requests fail than with two starts that change nothing, which is none on a machine that has room; nobody waits for a lock for more than 500 ms, the second start completes it',
  async run(stage) {
    const database = await stage.postgres();
    const dataDir = stage.folder('data');
    const sizes = await seed(stage, dataDir, { databaseUrl: database.url });
    const broker = await stage.broker({
      dataDir,
      settings: { DATABASE_URL: database.url, LOG_LEVEL: 'warn' },
    });
    const next = nextVersion(stage.folder('next'));
    /** @param {string} main */
    const start = (main) => {
      const env = {
        PATH: process.env['PATH'],
        DATA_DIR: dataDir,
        DATABASE_URL: database.url,
        PORT: '0',
        OPS_PORT: '0',
      };
      const child = spawn(process.execPath, [main], {
        cwd: dataDir,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      stage.atEnd(() => child.kill('SIGKILL'));
      return child;
    };
    const filled = async () => {
      const [row] = await database
        .rows('SELECT count(next_version) AS filled FROM links')
        .catch(() => [{ filled: 0 }]);
      return Number(row?.filled);
    };
    const control = new Pace(RATE, readsAndWrites(broker.url, sizes));
    control.start();
    for (let times = 0; times < 2; times += 1) await listensOrEnds(start(THIS_VERSION), true);
    await control.stop();
    stage.say(`without a change: ${control.failures.length} of ${control.times.length} failed`);
    const pace = new Pace(RATE, readsAndWrites(broker.url, sizes));
    const waits = new LockWaits(database);
    pace.start();
    waits.start();
    const since = performance.now();
    const first = start(next);
    while ((await filled()) === 0) await pause(50);
    first.kill('SIGKILL');
    await once(first, 'close');
    const half = await filled();
    stage.say(`killed when ${half} of ${sizes.links} rows were done`);
    await listensOrEnds(start(next));
    const seconds = (performance.now() - since) / 1_000;
    await waits.stop();
    await pace.stop();
    stage.say(`failed: ${[...new Set(pace.failures)].join(', ') || 'none'}`);
    return new Findings()
      .note('links', sizes.links)
      .note('done when it was killed', half)
      .atLeast('done', await filled(), sizes.links)
      .note('requests', pace.times.length)
      .note('failed without the change', 100 * shareFailed(control), '%')
      .atMost('failed', 100 * shareFailed(pace), 100 * shareFailed(control), '%')
      .note('p99', quantile(pace.times, 0.99), 'ms')
      .atMost('longest wait for a lock', waits.longestMs, 500, 'ms')
      .atMost('took', seconds, 600, 's');
  },
};

/** Looks again and again how long somebody waits for a lock in PostgreSQL. */
class LockWaits {
  longestMs = 0;
  #stopped = false;
  /** @type {Promise<void> | undefined} */
  #looking;

  /** @param {import('./database.mjs').Database} database */
  constructor(database) {
    this.database = database;
  }

  start() {
    this.#looking = this.#look();
  }

  async stop() {
    this.#stopped = true;
    await this.#looking;
  }

  async #look() {
    while (!this.#stopped) {
      const [row] = await this.database.rows(
        `SELECT max(extract(epoch FROM clock_timestamp() - query_start)) * 1000 AS ms FROM pg_stat_activity
          WHERE wait_event_type = 'Lock' AND query NOT LIKE '%pg_advisory%' AND datname = current_database()`,
      );
      this.longestMs = Math.max(this.longestMs, Number(row?.['ms'] ?? 0));
      await pause(50);
    }
  }
}
