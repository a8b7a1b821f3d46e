import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, notices } from './cluster.mjs';
import { Findings } from './findings.mjs';
import { ask } from './people.mjs';
import { Revocations } from './revocations.mjs';

/** Which of the three nodes is hurt. */
const HURT = 2;
const BOUNDS_MS = { ever: 500, withoutRedis: 2_000 };

/** @param {string} url @param {boolean} ready @returns {Promise<number>} seconds until it is, or is not */
async function until(url, ready) {
  const since = performance.now();
  while (performance.now() - since < 30_000) {
    if (((await notices(url)) !== null) === ready) return (performance.now() - since) / 1_000;
    await pause(25);
  }
  throw new Error(`ready is not ${ready} after 30 s`);
}

class Partitions {
  /** Seconds. @type {number[]} */
  notReady = [];
  /** Seconds. @type {number[]} */
  back = [];
  /** @type {string[]} */
  wrong = [];

  /** @param {Cluster} cluster */
  constructor(cluster) {
    this.cluster = cluster;
    this.watch = new Revocations(cluster);
  }

  get hurt() {
    return this.cluster.at(HURT);
  }

  /** @param {number} rounds @returns {Promise<number>} ms until the slowest link had gone */
  async fromPostgres(rounds) {
    const { watch, hurt } = this;
    const proxy = this.cluster.postgres[HURT];
    for (let round = 0; round < rounds; round += 1) {
      const servers = await watch.link(6);
      watch.excused.add(HURT);
      if (round % 2 === 0) proxy?.cut();
      else proxy?.blackHole();
      this.notReady.push(await until(hurt.url, false));
      await watch.end(servers.slice(0, 3));
      await this.#writes();
      proxy?.heal();
      this.back.push(await until(hurt.url, true));
      await pause(500);
      watch.excused.clear();
      await watch.end(servers.slice(3), 1);
    }
    return this.#slowest();
  }

  async fromRedis() {
    const { watch, cluster } = this;
    watch.limit = BOUNDS_MS.withoutRedis;
    const servers = await watch.link(20);
    cluster.redis[HURT]?.cut();
    await watch.end(servers.slice(0, 10));
    await watch.end(servers.slice(10), HURT);
    await pause(BOUNDS_MS.withoutRedis);
    const slowest = this.#slowest();
    cluster.redis[HURT]?.heal();
    await cluster.remembers();
    return slowest;
  }

  /** A process that sleeps hears nothing. @param {number} rounds */
  async asleep(rounds) {
    const { watch, hurt } = this;
    for (let round = 0; round < rounds; round += 1) {
      const servers = await watch.link(6);
      watch.excused.add(HURT);
      hurt.signal('SIGSTOP');
      await watch.end(servers);
      await pause(5_000);
      hurt.signal('SIGCONT');
      await until(hurt.url, true);
      await pause(1_000);
      watch.excused.clear();
    }
    return this.#slowest();
  }

  async #writes() {
    const body = new URLSearchParams({ deviceId: 'tv' });
    const { status } = await ask(`${this.hurt.url}/service/pin`, { method: 'POST', body });
    if (status !== 503) this.wrong.push(`a write without PostgreSQL was answered ${status}`);
  }

  #slowest() {
    const { slowest } = this.watch;
    this.watch.slowest = 0;
    return slowest;
  }
}

/** @type {import('./stage.mjs').Experiment} */
export const partitions = {
  id: 'R-53',
  what: 'one of three nodes cut from PostgreSQL, cut from Redis, stopped for 5 s',
  must: 'without PostgreSQL not ready within 2 s and 503, else right lists; the others go on; nobody wakes with an old list',
  async run(stage) {
    const cluster = await Cluster.start(stage, [{}, {}, {}], ['ann']);
    const parts = new Partitions(cluster);
    const { watch } = parts;
    watch.start();
    const fromPostgres = await parts.fromPostgres(stage.pick(10, 2));
    stage.say('cut from PostgreSQL');
    const fromRedis = await parts.fromRedis();
    stage.say('cut from Redis');
    const asleep = await parts.asleep(stage.pick(10, 2));
    await watch.stop();
    return new Findings()
      .note('links ended', watch.ended)
      .note('lists', watch.lists)
      .none('stale or short lists, errors', watch.offences)
      .none('wrong answers', parts.wrong)
      .atMost('not ready after', Math.max(...parts.notReady), 2, 's')
      .atMost('ready again after', Math.max(...parts.back), 5, 's')
      .atMost('slowest to go, a node without PostgreSQL', fromPostgres, BOUNDS_MS.ever, 'ms')
      .atMost('a node without Redis', fromRedis, BOUNDS_MS.withoutRedis, 'ms')
      .atMost('a node that was stopped', asleep, BOUNDS_MS.withoutRedis, 'ms');
  },
};
