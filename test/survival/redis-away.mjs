import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Cluster, notices } from './cluster.mjs';
import { EveryKind } from './every-kind.mjs';
import { Findings, quantile } from './findings.mjs';
import { limited, mostOf } from './limited.mjs';
import { asDevice, asServer, ask, deviceList, link, post, registerServer, serverList } from './people.mjs';

/** @typedef {import('./people.mjs').Answer} Answer */

/** Nobody waits longer for Redis. */
const ADDED_MS = 50;
const BACK_S = 3;
/** That a network may make in a minute. */
const PINS = 10;

class Trial {
  /** @type {string[]} */
  troubles = [];
  /** How many kinds of requests were asked for with Redis away. */
  kinds = 0;
  /** @type {((url: string) => Promise<Answer>)[]} */
  #requests = [];

  /** @param {Cluster} cluster @param {number} rounds */
  constructor(cluster, rounds) {
    this.cluster = cluster;
    this.rounds = rounds;
  }

  async prepare() {
    const { person } = this.cluster;
    const { url } = this.cluster.at(0);
    const server = await registerServer(url, 'attic');
    await link(url, server, person, 'a-link-key'.padEnd(32, '0'));
    const waiting = `/service/servers?userId=${person.id}&status=Waiting`;
    this.#requests = [
      (at) => deviceList(at, person),
      (at) => serverList(at, server),
      (at) => ask(`${at}${waiting}`, { headers: asDevice(person) }),
      (at) => ask(`${at}/service/user?id=${person.id}`, { headers: asDevice(person) }),
      (at) => ask(`${at}/service/ServerAuthorizations?serverId=${server.id}`, { headers: asServer(server) }),
      (at) => post(`${at}/service/user/authenticate`, { nameOrEmail: 'nobody', rawpw: 'a wrong password' }),
    ];
  }

  /** @returns {Promise<number[]>} milliseconds of each request, one after the other */
  async times() {
    const times = [];
    for (let n = 0; n < this.rounds; n += 1) {
      for (const request of this.#requests) {
        const { status, ms } = await request(this.cluster.at(n).url);
        times.push(ms);
        if (status >= 500) this.troubles.push(`answered ${status}`);
      }
    }
    return times;
  }

  /** @returns {Promise<number>} how many PINs a network gets */
  async pins() {
    const answers = [];
    for (let n = 0; n < 30; n += 1)
      answers.push(await post(`${this.cluster.at(n).url}/service/pin`, { deviceId: 'tv' }));
    return answers.filter(({ status }) => status === 200).length;
  }

  /** Everything there is, by somebody of whom nothing is left then. @param {EveryKind | undefined} every */
  async everything(every) {
    await every?.withDatabase();
    this.troubles.push(...(every?.wrong ?? []));
    this.kinds = every?.times.size ?? 0;
  }

  /** @param {boolean} isAway @returns {Promise<number>} seconds until every node says so */
  async until(isAway) {
    const since = performance.now();
    for (;;) {
      const told = await Promise.all(this.cluster.nodes.map(({ url }) => notices(url)));
      if (told.every((names) => names?.includes('redis-away') === isAway))
        return (performance.now() - since) / 1_000;
      await pause(25);
    }
  }
}

/** @type {import('./stage.mjs').Experiment} */
export const redisAway = {
  id: 'R-24',
  what: 'Redis emptied under an attack, in a black hole, killed and replaced',
  must: 'no answer of 5xx, at most 50 ms more, all is as before within 3 s, and an empty Redis gives one window more at most',
  async run(stage) {
    const settings = {
      LIMITS: 'on',
      LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE: '1000000',
      LIMIT_PINS_LIVE_PER_NETWORK: '1000',
    };
    const cluster = await Cluster.start(stage, [settings, settings], ['ann', 'bob', 'cleo']);
    const [, bob, cleo] = cluster.people;
    const every = [];
    for (const person of [bob, cleo]) every.push(person && (await EveryKind.at(cluster.at(0), person)));
    const trial = new Trial(cluster, stage.pick(100, 25));
    await trial.prepare();
    const before = await trial.times();
    await emptied(cluster.ownRedis.url);
    const pins = await limited(cluster, () => trial.pins());
    await emptied(cluster.ownRedis.url);
    const pinsAfter = await limited(cluster, () => trial.pins());
    stage.say('emptied');

    for (const proxy of cluster.redis) proxy.blackHole();
    // From the first request on, while nobody knows yet.
    const blackHole = await trial.times();
    await trial.everything(every[0]);
    for (const proxy of cluster.redis) proxy.heal();
    const backFromHole = await trial.until(false);
    await cluster.remembers();
    stage.say('back from the black hole');

    await cluster.killRedis();
    const killed = await trial.times();
    const fewer = await trial.pins();
    await trial.everything(every[1]);
    await cluster.newRedis();
    const backFromKill = await trial.until(false);
    const again = await trial.times();
    const added = (/** @type {number[]} */ times, /** @type {number} */ share) =>
      quantile(times, share) - quantile(before, share);
    return new Findings()
      .note('requests each', before.length)
      .note('kinds of requests', trial.kinds)
      .none('5xx', trial.troubles)
      .note('median before', quantile(before, 0.5), 'ms')
      .atMost('added in the black hole, median', added(blackHole, 0.5), ADDED_MS, 'ms')
      .atMost('p95', added(blackHole, 0.95), ADDED_MS, 'ms')
      .note('slowest before', Math.max(...before), 'ms')
      .note('slowest in the black hole', Math.max(...blackHole), 'ms')
      .atMost('added with Redis killed, median', added(killed, 0.5), ADDED_MS, 'ms')
      .atMost('p95', added(killed, 0.95), ADDED_MS, 'ms')
      .note('added afterwards, median', added(again, 0.5), 'ms')
      .atMost('back from the black hole after', backFromHole, BACK_S, 's')
      .atMost('back with another Redis after', backFromKill, BACK_S, 's')
      .note('times that Redis did not answer about PINs', pins.alone + pinsAfter.alone)
      .atMost('PINs in a window', pins.passed, mostOf(pins, PINS))
      .atMost('PINs after Redis was emptied', pinsAfter.passed, mostOf(pinsAfter, PINS))
      .atMost('PINs without Redis', fewer, PINS);
  },
};

/** @param {string} url */
async function emptied(url) {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}
