import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { run } from '../../scripts/lib/child.mjs';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { runAsItsUser } from '../../scripts/lib/postgres.mjs';
import { freePort } from '../../scripts/lib/sockets.mjs';
import { PageBrowser } from './browser.mjs';
import { Cluster, notices } from './cluster.mjs';
import { killPostmasterOf, query } from './database.mjs';
import { Findings } from './findings.mjs';
import { PASSWORD } from './people.mjs';
import { Siege } from './postgres-faults.mjs';
import { Watch } from './watch.mjs';

/** @typedef {{ url: string, dataDir: string }} Primary */

/** @type {import('./stage.mjs').Experiment} */
export const failover = {
  id: 'R-13',
  what: 'PostgreSQL dies and its synchronous standby takes over, and the same befalls that one, in turn',
  must: 'nothing acknowledged is lost, back within 15 s of each promotion, no restart',
  async run(stage) {
    const database = await stage.postgres();
    /** @type {Primary} */
    let primary = database;
    let standby = await standbyOf(stage, primary, 'synchronous');
    const settings = { DATABASE_STANDBY: 'synchronous' };
    const { proxy, broker } = await stage.onPostgres({ database, settings });
    const siege = await Siege.around(broker, (statement) => query(primary.url, statement));
    const turns = stage.pick(5, 2);
    for (let turn = 1; turn <= turns; turn += 1) {
      if (turn > 1) standby = await standbyOf(stage, primary, 'synchronous');
      await siege.fault(
        () => {
          killPostmasterOf(primary.dataDir);
          proxy.cut();
        },
        async () => {
          await standby.promote();
          primary = standby;
          proxy.heal(standby.url);
        },
      );
      stage.say(`failed over ${turn} times, ${siege.storm.acknowledged} acknowledged`);
    }
    const findings = new Findings()
      .note('failovers', turns)
      .atMost('back after the promotion', Math.max(...siege.recoveries), 15, 's')
      .none('ends of the process', broker.hasEnded ? [broker.trouble] : []);
    return siege.judge(findings);
  },
};

/** @type {import('./stage.mjs').Experiment} */
export const failoverWithLoss = {
  id: 'R-13',
  what: 'PostgreSQL dies, and an asynchronous standby takes over that lacks the last that was acknowledged',
  must: 'media servers and devices are held off by every node until `signpost restore accept`, people sign in, no answer tells of the loss',
  async run(stage) {
    const loss = await Loss.prepare(stage);
    const { watch, cluster } = loss;
    watch.start(() => cluster.at(watch.without).url);
    const unlucky = await loss.fallBehind();
    const back = await loss.failOver();
    stage.say('the standby has taken over');
    await loss.look('after the failover');
    await cluster.restart(1);
    stage.say('a node was restarted');
    await loss.look('after a restart');
    await unlucky.stop();
    const { code, output } = await loss.accept();
    const answered = await loss.answeredAgain();
    await watch.stop();
    return new Findings()
      .note('links acknowledged and lost', unlucky.subjects.length - 1)
      .note('lists asked for meanwhile', watch.without + unlucky.without)
      .atMost('held off after the promotion', back, 15, 's')
      .none('wrong while it is held', loss.wrong)
      .none('wrong lists, 401 or 404', [...watch.offences, ...unlucky.offences])
      .none('accept', code === 0 ? [] : [output])
      .atMost('answered again after', answered, 5, 's');
  },
};

/** Two nodes, and a standby that hears of nothing from some moment on. */
class Loss {
  /** @type {string[]} */
  wrong = [];

  /** @param {Cluster} cluster @param {Watch} watch @param {Awaited<ReturnType<typeof standbyOf>>} standby */
  constructor(cluster, watch, standby) {
    this.cluster = cluster;
    this.watch = watch;
    this.standby = standby;
  }

  /** @param {import('./stage.mjs').Stage} stage */
  static async prepare(stage) {
    const cluster = await Cluster.start(stage, [{}, {}], ['ann', 'bob']);
    const standby = await standbyOf(stage, cluster.database, 'asynchronous');
    const { person } = cluster;
    return new Loss(cluster, await Watch.over(cluster.at(0).url, person, 3), standby);
  }

  /** Links that only the primary knows. @returns a watch over them */
  async fallBehind() {
    const { cluster } = this;
    this.standby.fallBehind();
    const [, person] = cluster.people;
    if (!person) throw new Error('nobody there');
    const unlucky = await Watch.over(cluster.at(0).url, person, 3);
    unlucky.start(() => cluster.at(unlucky.without + 1).url);
    return unlucky;
  }

  /** @returns seconds from the promotion until every node says that it is held */
  async failOver() {
    const { cluster, standby } = this;
    cluster.database.killPostmaster();
    for (const proxy of cluster.postgres) proxy.cut();
    await standby.promote();
    const since = performance.now();
    for (const proxy of cluster.postgres) proxy.heal(standby.url);
    while (!(await this.#allHeld())) await pause(50);
    return (performance.now() - since) / 1_000;
  }

  async #allHeld() {
    const told = await Promise.all(this.cluster.nodes.map(({ url }) => notices(url)));
    return told.every((names) => names?.includes('restore-hold'));
  }

  /** @param {string} when */
  async look(when) {
    for (const [n, { url }] of this.cluster.nodes.entries()) {
      for (const { name, ask: list } of this.watch.subjects) {
        const { status, headers } = await list(url);
        if (status !== 503 || headers.get('retry-after') === null)
          this.wrong.push(`${when}, node ${n}: ${name} was answered ${status}`);
      }
      const browser = new PageBrowser(url);
      const signedIn = (await browser.signIn('ann', PASSWORD)).status;
      const page = (await browser.open('/profile')).status;
      if (signedIn !== 303 || page !== 200) this.wrong.push(`${when}, node ${n}: pages ${signedIn}, ${page}`);
    }
  }

  accept() {
    const { folder } = this.cluster;
    const env = { PATH: process.env['PATH'], DATA_DIR: folder, DATABASE_URL: this.standby.url };
    return run(process.execPath, [inCheckout('dist/cli.js'), 'restore', 'accept', '--yes'], {
      cwd: folder,
      env,
    });
  }

  /** @returns seconds until every list is answered at every node */
  async answeredAgain() {
    const since = performance.now();
    for (;;) {
      const asked = this.cluster.nodes.flatMap(({ url }) =>
        this.watch.subjects.map((subject) => subject.ask(url)),
      );
      if ((await Promise.all(asked)).every(({ status }) => status === 200))
        return (performance.now() - since) / 1_000;
      await pause(50);
    }
  }
}

/**
 * A copy; `synchronous`: the first one waits for it with every commit.
 * @param {import('./stage.mjs').Stage} stage @param {Primary} primary @param {'synchronous' | 'asynchronous'} kind
 */
async function standbyOf(stage, primary, kind) {
  const port = await freePort();
  // Beside the first one's files: PostgreSQL's user may write there.
  const folder = path.join(path.dirname(primary.dataDir), `standby-${port}`);
  const way = await stage.proxyBefore(primary.url);
  const { hostname, port: primaryPort, username } = new URL(way.url);
  const from = `host=${hostname} port=${primaryPort} user=${username} application_name=standby`;
  await well('pg_basebackup', ['-D', folder, '-d', from, '-R', '-X', 'stream', '-c', 'fast']);
  const options = `-p ${port} -h 127.0.0.1 -c unix_socket_directories='' -c max_connections=200`;
  const control = (/** @type {string[]} */ ...args) => well('pg_ctl', ['-D', folder, '-w', ...args]);
  stage.atEnd(async () => {
    await control('-m', 'immediate', 'stop').catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  await control('-l', `${folder}-log`, '-o', options, 'start');
  if (kind === 'synchronous') {
    await query(primary.url, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    await query(primary.url, 'SELECT pg_reload_conf()');
  }
  for (;;) {
    const [row] = await query(
      primary.url,
      "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'standby'",
    );
    if (row?.['sync_state'] === (kind === 'synchronous' ? 'sync' : 'async')) break;
    await pause(100);
  }
  const url = new URL(primary.url);
  url.port = String(port);
  // It would wait for a standby of its own.
  const promote = async () => {
    await control('promote');
    await query(url.href, 'ALTER SYSTEM RESET synchronous_standby_names');
    await query(url.href, 'SELECT pg_reload_conf()');
  };
  return { url: url.href, dataDir: folder, promote, fallBehind: () => way.cut() };
}

/** @param {string} program @param {string[]} args */
async function well(program, args) {
  const { code, output } = await runAsItsUser(findProgram(program) ?? program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${output}`);
}
