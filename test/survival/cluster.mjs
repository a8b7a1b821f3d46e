/** Nodes of one broker on one PostgreSQL and one Redis, each with ways of its own to both that can be broken. */

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {import('../../scripts/lib/broker.mjs').BrokerProcess} BrokerProcess */
/** @typedef {import('./doubles.mjs').FaultProxy} FaultProxy */
import { setTimeout as pause } from 'node:timers/promises';
import { stopRedis } from '../../scripts/lib/redis.mjs';
import { parsed } from '../bench/json.mjs';
import { ask, signUp } from './people.mjs';
import { seed } from './seeded.mjs';

export class Cluster {
  /** @type {BrokerProcess[]} */
  nodes = [];
  /** @type {FaultProxy[]} */
  postgres = [];
  /** @type {FaultProxy[]} */
  redis = [];
  /** Signed up at the first node. @type {Person[]} */
  people = [];
  /** A program, with its arguments, that becomes the node. @type {readonly string[]} */
  before = [];

  /**
   * @param {Stage} stage @param {Awaited<ReturnType<Stage['postgres']>>} database
   * @param {Awaited<ReturnType<Stage['redis']>>} ownRedis @param {readonly Readonly<Record<string, string>>[]} settings
   */
  constructor(stage, database, ownRedis, settings) {
    this.stage = stage;
    this.database = database;
    this.ownRedis = ownRedis;
    this.settings = settings;
    this.folder = stage.folder('cluster');
  }

  /**
   * @param {Stage} stage @param {readonly Readonly<Record<string, string>>[]} settings of each node
   * @param {readonly string[]} names of people
   * @param {{ sizes?: import('../bench/cast.mjs').Sizes, isDirect?: boolean, before?: readonly string[] }} [how] `sizes` of what
   * is there before; `isDirect`: past the ways that can be broken, which all lead through this process; `before` of each
   * node
   */
  static async start(stage, settings, names, { sizes, isDirect = false, before = [] } = {}) {
    const database = await stage.postgres();
    const cluster = new Cluster(stage, database, await stage.redis(), settings);
    cluster.before = before;
    if (sizes) await seed(stage, cluster.folder, { databaseUrl: database.url, sizes });
    const count = settings.length;
    for (let n = 0; n < count && !isDirect; n += 1) {
      cluster.postgres.push(await stage.proxyBefore(database.url));
      cluster.redis.push(await stage.proxyBefore(cluster.ownRedis.url));
    }
    // Alone, so that it migrates, and logs the mails.
    cluster.nodes.push(await cluster.node(0));
    for (const name of names) cluster.people.push(await signUp(cluster.at(0), name));
    const others = Array.from({ length: count - 1 }, (_none, n) => cluster.node(n + 1));
    cluster.nodes.push(...(await Promise.all(others)));
    await cluster.remembers();
    return cluster;
  }

  /** Starts one. @param {number} n */
  node(n) {
    const postgres = this.postgres[n]?.url ?? this.database.url;
    const redis = this.redis[n]?.url ?? this.ownRedis.url;
    const own = { DATABASE_URL: postgres, REDIS_URL: redis, NODES: String(this.settings.length) };
    return this.stage.broker({
      dataDir: this.folder,
      settings: { ...own, ...this.settings[n] },
      before: this.before,
    });
  }

  /** The first one. */
  get person() {
    const [person] = this.people;
    if (!person) throw new Error('nobody there');
    return person;
  }

  /** @param {number} n */
  at(n) {
    const node = this.nodes[n % this.nodes.length];
    if (!node) throw new Error('no node');
    return node;
  }

  /** Ends one as an operator does and starts it again. @param {number} n @returns {Promise<string>} how it ended */
  async restart(n) {
    this.at(n).signal('SIGTERM');
    const how = await this.at(n).ended;
    this.nodes[n] = await this.node(n);
    return how;
  }

  /** SIGKILL would look the same from outside: connections end, new ones are refused. */
  killRedis() {
    return stopRedis(this.ownRedis);
  }

  /** Another one, that knows nothing, in its place. */
  async newRedis() {
    this.ownRedis = await this.stage.redis();
    for (const proxy of this.redis) proxy.heal(this.ownRedis.url);
  }

  /** Until all nodes remember lists. @returns {Promise<number>} seconds */
  async remembers() {
    const since = performance.now();
    while (performance.now() - since < 60_000) {
      const told = await Promise.all(this.nodes.map((node) => notices(node.url)));
      if (told.every((names) => names !== null && !names.includes('lists-not-remembered')))
        return (performance.now() - since) / 1_000;
      await pause(50);
    }
    throw new Error('lists are not remembered after a minute');
  }
}

/** @param {string} url @returns {Promise<string[] | null>} null when it is not ready */
export async function notices(url) {
  const { status, text } = await ask(`${url}/health/ready`);
  if (status !== 200) return null;
  return /** @type {{ notices?: string[] }} */ (parsed(text)).notices ?? [];
}
