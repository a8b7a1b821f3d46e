/**
 * What an experiment plays on: brokers, databases, mail servers and folders of its own. All of it is gone when the
 * experiment is over, whether it ended, failed or was interrupted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BrokerProcess } from '../../scripts/lib/broker.mjs';
import { startRedis, stopRedis } from '../../scripts/lib/redis.mjs';
import { say, secondsSince } from '../../scripts/lib/say.mjs';
import { Database } from './database.mjs';
import { loadDoubles } from './doubles.mjs';

/** @typedef {import('./findings.mjs').Findings} Findings */

/**
 * @typedef {object} Experiment
 * @property {string} id of docs/reliability.md, such as `R-10`; several experiments may share one
 * @property {string} what is done, in a few words
 * @property {string} must hold, in a few words
 * @property {(stage: Stage) => Promise<Findings>} run throws `NotHere` where this machine lacks what it takes
 */

/** The machine cannot do this one; the message says what is missing. */
export class NotHere extends Error {}

/** Everything counted as ever, and no limit reached by one machine that plays hundreds. */
const MANY_FROM_ONE_PLACE = {
  LIMITS: 'off',
  LIMIT_CONNECTIONS_PER_NETWORK: '10000',
  LIMIT_SERVERS_PER_ACCOUNT: '1000000',
  LIMIT_DEVICES_PER_ACCOUNT: '1000000',
};

export class Stage {
  #since = performance.now();
  /** @type {(() => unknown)[]} */
  #endings = [];
  /** @type {ReturnType<typeof loadDoubles> | undefined} */
  #doubles;
  #folder = mkdtempSync(path.join(os.tmpdir(), 'signpost-survival-'));

  /** @param {string} id @param {boolean} short few rounds and little data, to see that it works */
  constructor(id, short) {
    this.id = id;
    this.short = short;
  }

  /** Progress, for a person who watches. @param {string} text */
  say(text) {
    say(`${this.id} ${secondsSince(this.#since).padStart(7)}  ${text}`);
  }

  /** @template Value @param {Value} full @param {Value} short @returns {Value} */
  pick(full, short) {
    return this.short ? short : full;
  }

  /** Called when all is over, the last one first. @param {() => unknown} end */
  atEnd(end) {
    this.#endings.push(end);
  }

  /** @param {string} name @returns {string} a folder that is empty */
  folder(name) {
    return mkdtempSync(path.join(this.#folder, `${name}-`));
  }

  /**
   * Starts a broker and waits until it listens.
   * @param {{ dataDir?: string, settings?: Readonly<Record<string, string>>, before?: readonly string[] }} [how]
   */
  async broker({ dataDir = this.folder('data'), settings = {}, before = [] } = {}) {
    const broker = new BrokerProcess(dataDir, { ...MANY_FROM_ONE_PLACE, ...settings }, before);
    this.atEnd(async () => {
      broker.kill();
      await broker.ended;
    });
    await broker.listening();
    return broker;
  }

  /** A PostgreSQL of its own, that may be hurt. @throws NotHere */
  async postgres() {
    const database = await Database.start(this.#folder);
    if (database === null) throw new NotHere('PostgreSQL');
    this.atEnd(() => database.remove());
    return database;
  }

  /**
   * What an experiment begins with that hurts PostgreSQL: one of its own, a way to it that can be broken, and a broker that
   * goes that way.
   * @param {{ database?: Database, settings?: Readonly<Record<string, string>>, isDirect?: boolean }} [how] `isDirect`: past
   * the way
   * @throws NotHere
   */
  async onPostgres({ database: given, settings = {}, isDirect = false } = {}) {
    const database = given ?? (await this.postgres());
    const proxy = await this.proxyBefore(database.url);
    const url = isDirect ? database.url : proxy.url;
    const broker = await this.broker({ settings: { DATABASE_URL: url, ...settings } });
    return { database, proxy, broker };
  }

  /** A Redis of its own. @throws NotHere */
  async redis() {
    const redis = await startRedis(this.folder('redis'));
    if (redis === null) throw new NotHere('Redis');
    this.atEnd(() => stopRedis(redis));
    return redis;
  }

  /** A TCP proxy that can fail. @param {string} target host and port count @returns {Promise<import('./doubles.mjs').FaultProxy>} */
  async proxyBefore(target) {
    const { FaultProxy } = await this.doubles();
    const proxy = await FaultProxy.before(target);
    this.atEnd(() => proxy.close());
    return proxy;
  }

  /** The doubles of the tests, compiled once. */
  doubles() {
    return (this.#doubles ??= loadDoubles(path.join(this.#folder, 'doubles')));
  }

  async clear() {
    for (const end of this.#endings.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        this.say(`could not clear up: ${String(error)}`);
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
