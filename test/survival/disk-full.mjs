import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parsed } from '../bench/json.mjs';
import { askApi, letIn } from './apps.mjs';
import { PageBrowser } from './browser.mjs';
import { notices } from './cluster.mjs';
import { query } from './database.mjs';
import { Findings } from './findings.mjs';
import { Journal, rowsOfSqlite } from './journal.mjs';
import { PASSWORD, post, registerServer, signUp } from './people.mjs';
import { amcheck, soundness } from './soundness.mjs';
import { NotHere } from './stage.mjs';
import { Storm } from './storm.mjs';
import { Watch } from './watch.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./stage.mjs').Experiment} Experiment */
/** @typedef {import('../../scripts/lib/broker.mjs').BrokerProcess} BrokerProcess */

/** Each write finds other pages. */
const REFUSED_IN_A_ROW = 20;

const PIECE = Buffer.alloc(64 * 1024, 'x');

/** A small disk of its own. @param {Stage} stage @param {number} megabytes @returns {string} its folder */
function smallDisk(stage, megabytes) {
  const folder = stage.folder('disk');
  try {
    execFileSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0711`, 'signpost-survival', folder],
      { stdio: 'pipe' },
    );
  } catch {
    throw new NotHere('a file system of its own: only root can mount one');
  }
  stage.atEnd(() => execFileSync('umount', ['-l', folder]));
  return folder;
}

/** @param {string} folder @returns {string} the file that takes all the room */
function fill(folder) {
  const file = path.join(folder, 'somebody-elses');
  for (const piece of [PIECE, PIECE.subarray(0, 1_024)]) {
    try {
      for (;;) appendFileSync(file, piece);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOSPC') throw error;
    }
  }
  return file;
}

class FullDisk {
  storm = new Storm();
  findings = new Findings();

  /** @param {Stage} stage @param {string} disk @param {BrokerProcess} broker @param {import('./journal.mjs').Rows} rows */
  constructor(stage, disk, broker, rows) {
    this.stage = stage;
    this.disk = disk;
    this.broker = broker;
    this.journal = new Journal(this.storm, rows);
  }

  /** @param {(app: import('./apps.mjs').Tokens) => Promise<void>} meanwhile */
  async play(meanwhile) {
    const { broker, storm, stage, findings } = this;
    const people = [await signUp(broker, 'ann'), await signUp(broker, 'bob')];
    const watch = await Watch.over(broker.url, await signUp(broker, 'watched'), 3);
    const app = await letIn(broker.url, 'watched', 'servers:read links:manage');
    watch.start(() => broker.url);
    const raging = storm.rage(broker.url, people);
    await pause(1_000);
    const file = fill(this.disk);
    stage.say('the disk is full');
    // Pages that are there already take some writes yet, of one table longer than of another.
    let refused = 0;
    await this.#until('writes are refused', async () => {
      refused = (await this.#write()) === 503 ? refused + 1 : 0;
      return refused >= REFUSED_IN_A_ROW;
    });
    stage.say('writes are refused');
    const told = await notices(broker.url);
    findings.none('not told by /health/ready', told?.includes('disk-full') === true ? [] : [String(told)]);
    const [lists, without] = [watch.lists, watch.without];
    await meanwhile(app);
    await pause(1_000);
    findings
      .atLeast('lists meanwhile', watch.lists - lists, 1)
      .exactly('lists refused meanwhile', watch.without - without, 0);
    rmSync(file);
    const since = performance.now();
    await this.#until('it is normal again', async () => (await this.#write()) === 200);
    findings.atMost('normal again after', (performance.now() - since) / 1_000, 10, 's');
    await pause(1_000);
    storm.calm();
    await raging;
    await watch.stop();
    await this.journal.check(broker.url, 'all');
    findings
      .note('acknowledged', storm.acknowledged)
      .note('refused', storm.unavailable)
      .none('lost', this.journal.lost)
      .none('half done', this.journal.halfDone)
      .none('surprises', storm.surprises)
      .none('short lists, 401 or 404', watch.offences);
  }

  /** Writes on both edges. @param {import('./apps.mjs').Tokens} app */
  async refusals(app) {
    this.findings.exactly('a write on the wire', await this.#write(), 503);
    const listed = await askApi(this.broker.url, app, 'links');
    const [first] = /** @type {{ links: { id: string }[] }} */ (parsed(listed.text)).links;
    const ended = await askApi(this.broker.url, app, `links/${first?.id ?? ''}`, { method: 'DELETE' });
    this.findings.exactly('on the API', ended.status, 507).exactly('reading on the API', listed.status, 200);
  }

  /** By password on the wire and on the pages. @param {number} count */
  async signIns(count) {
    const { url } = this.broker;
    const failed = [];
    for (let at = 0; at < count; at += 1) {
      const device = await post(`${url}/service/user/authenticate`, { nameOrEmail: 'ann', rawpw: PASSWORD });
      const page = await new PageBrowser(url).signIn('bob', PASSWORD);
      if (device.status !== 200) failed.push(`device: ${device.status}`);
      if (page.status !== 303) failed.push(`browser: ${page.status}`);
    }
    this.findings.note('sign-ins meanwhile', 2 * count).none('sign-ins that failed', failed);
  }

  #write() {
    return registerServer(this.broker.url, `another ${performance.now()}`.replace('.', '-')).then(
      () => 200,
      (/** @type {unknown} */ error) => Number(/answered (\d+)/.exec(String(error))?.[1]),
    );
  }

  /** @param {string} what @param {() => Promise<boolean>} happened */
  async #until(what, happened) {
    const until = performance.now() + 60_000;
    while (!(await happened())) {
      if (performance.now() > until) throw new Error(`within a minute it did not come to this: ${what}`);
      await pause(100);
    }
  }
}

/** @type {Experiment} */
export const diskFull = {
  id: 'R-15',
  what: 'the disk is full, SQLite',
  must: 'writes 503 (507 on the API), reads and sign-in work, nothing is hurt, normal within 10 s of room, no restart',
  async run(stage) {
    const disk = smallDisk(stage, 24);
    const broker = await stage.broker({ dataDir: path.join(disk, 'data') });
    const full = new FullDisk(stage, disk, broker, rowsOfSqlite(path.join(disk, 'data')));
    await full.play(async (app) => {
      await full.refusals(app);
      await full.signIns(stage.pick(200, 10));
    });
    return full.findings
      .none('ends of the process', broker.hasEnded ? [broker.trouble] : [])
      .none('damage', await soundness(path.join(disk, 'data')));
  },
};

/** @type {Experiment} */
export const diskFullOfPostgres = {
  id: 'R-15',
  what: 'the disk of the tables is full, PostgreSQL',
  must: 'writes 503 (507 on the API), reads work, nothing is hurt, normal within 10 s of room, no restart',
  async run(stage) {
    const database = await stage.postgres();
    const disk = smallDisk(stage, 64);
    const place = path.join(disk, 'tables');
    mkdirSync(place);
    // Folders on the way to it are the experiment's own.
    for (let up = path.dirname(disk); path.basename(up).startsWith('signpost-'); up = path.dirname(up))
      chmodSync(up, 0o711);
    execFileSync('chown', ['postgres', place]);
    await query(database.url, `CREATE TABLESPACE small LOCATION '${place}'`);
    await query(database.url, 'CREATE DATABASE small TABLESPACE small');
    const url = new URL(database.url);
    url.pathname = '/small';
    const broker = await stage.broker({ settings: { DATABASE_URL: url.href } });
    const full = new FullDisk(stage, disk, broker, (statement) => query(url.href, statement));
    await full.play((app) => full.refusals(app));
    return full.findings
      .none('ends of the process', broker.hasEnded ? [broker.trouble] : [])
      .none('damage', await amcheck({ rows: (statement) => query(url.href, statement) }));
  },
};
