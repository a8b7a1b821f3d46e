import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { runAsItsUser } from '../../scripts/lib/postgres.mjs';
import { freePort } from '../../scripts/lib/sockets.mjs';
import { query } from './database.mjs';
import { Findings } from './findings.mjs';
import { Siege } from './postgres-faults.mjs';

/** @type {import('./stage.mjs').Experiment} */
export const failover = {
  id: 'R-13',
  what: 'PostgreSQL dies and its synchronous standby takes over',
  must: 'nothing acknowledged is lost, back within 15 s of the promotion, no restart',
  async run(stage) {
    const database = await stage.postgres();
    const standby = await standbyOf(stage, database);
    const proxy = await stage.proxyBefore(database.url);
    const broker = await stage.broker({
      settings: {
        DATABASE_URL: proxy.url,
        LIMIT_SERVERS_PER_ACCOUNT: '1000000',
        LIMIT_DEVICES_PER_ACCOUNT: '1000000',
      },
    });
    let now = database.url;
    const siege = await Siege.around(broker, (statement) => query(now, statement));
    await siege.fault(
      () => {
        database.killPostmaster();
        proxy.cut();
      },
      async () => {
        await standby.promote();
        now = standby.url;
        proxy.heal(standby.url);
      },
    );
    const findings = new Findings().atMost(
      'back after the promotion',
      Math.max(...siege.recoveries),
      15,
      's',
    );
    return siege.judge(findings);
  },
};

/**
 * A copy that the first one waits for with every commit.
 * @param {import('./stage.mjs').Stage} stage @param {import('./database.mjs').Database} database
 */
async function standbyOf(stage, database) {
  // Beside the first one's files: PostgreSQL's user may write there.
  const folder = path.join(path.dirname(database.dataDir), 'standby');
  const port = await freePort();
  const { hostname, port: primaryPort, username } = new URL(database.url);
  const from = `host=${hostname} port=${primaryPort} user=${username} application_name=standby`;
  await well('pg_basebackup', ['-D', folder, '-d', from, '-R', '-X', 'stream', '-c', 'fast']);
  const options = `-p ${port} -h 127.0.0.1 -c unix_socket_directories='' -c max_connections=200`;
  const control = (/** @type {string[]} */ ...args) => well('pg_ctl', ['-D', folder, '-w', ...args]);
  stage.atEnd(async () => {
    await control('-m', 'immediate', 'stop').catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  await control('-l', path.join(path.dirname(folder), 'standby-log'), '-o', options, 'start');
  await query(database.url, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  await query(database.url, 'SELECT pg_reload_conf()');
  for (;;) {
    const [row] = await query(
      database.url,
      "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'standby'",
    );
    if (row?.['sync_state'] === 'sync') break;
    await pause(100);
  }
  const url = new URL(database.url);
  url.port = String(port);
  // It would wait for a standby of its own.
  const promote = async () => {
    await control('promote');
    await query(url.href, 'ALTER SYSTEM RESET synchronous_standby_names');
    await query(url.href, 'SELECT pg_reload_conf()');
  };
  return { url: url.href, promote };
}

/** @param {string} program @param {string[]} args */
async function well(program, args) {
  const { code, output } = await runAsItsUser(findProgram(program) ?? program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${output}`);
}
