/** What happens to the nodes of a cluster, one thing after the other: killed, stopped, cut off. */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** @typedef {import('./cluster.mjs').Cluster} Cluster */
/** @typedef {'killed' | 'stopped' | 'cut from PostgreSQL' | 'PostgreSQL in a black hole' | 'cut from Redis' | 'Redis in a black hole'} Kind */

/** @type {readonly Kind[]} */
export const KINDS = [
  'killed',
  'stopped',
  'cut from PostgreSQL',
  'PostgreSQL in a black hole',
  'cut from Redis',
  'Redis in a black hole',
];

/** A process that sleeps for longer than everybody waits for it. */
const STOPPED_MS = 5_000;
const CUT_MS = 3_000;
const CALM_MS = 1_500;
/** With Redis back, all is as before within so long. */
const REDIS_BACK_MS = 3_000;

export class Misfortunes {
  /** How often each was. @type {Map<Kind, number>} */
  counts = new Map();
  /** When a node was without Redis. @type {{ from: number, until: number }[]} */
  withoutRedis = [];

  /** @param {Cluster} cluster */
  constructor(cluster) {
    this.cluster = cluster;
  }

  /** Each kind once, in any order, to any of these nodes. @param {readonly number[]} nodes */
  async round(nodes) {
    const kinds = KINDS.map((kind) => ({ kind, order: randomInt(1_000_000) }));
    for (const { kind } of kinds.sort((one, other) => one.order - other.order)) {
      await this.#strike(kind, nodes[randomInt(nodes.length)] ?? 0);
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      await pause(CALM_MS);
    }
  }

  /** @param {Kind} kind @param {number} n */
  async #strike(kind, n) {
    const { cluster } = this;
    switch (kind) {
      case 'killed':
        cluster.at(n).kill();
        await cluster.at(n).ended;
        cluster.nodes[n] = await cluster.node(n);
        break;
      case 'stopped':
        cluster.at(n).signal('SIGSTOP');
        await pause(STOPPED_MS);
        cluster.at(n).signal('SIGCONT');
        break;
      case 'cut from PostgreSQL':
      case 'PostgreSQL in a black hole':
        await broken(cluster.postgres[n], kind);
        break;
      case 'cut from Redis':
      case 'Redis in a black hole':
        await this.#fromRedis(n, kind);
    }
  }

  /** @param {number} n @param {Kind} kind */
  async #fromRedis(n, kind) {
    const from = performance.now();
    const span = { from, until: Infinity };
    this.withoutRedis.push(span);
    await broken(this.cluster.redis[n], kind);
    span.until = performance.now() + REDIS_BACK_MS;
  }
}

/** @param {import('./doubles.mjs').FaultProxy | undefined} proxy @param {Kind} kind */
async function broken(proxy, kind) {
  if (kind.startsWith('cut')) proxy?.cut();
  else proxy?.blackHole();
  await pause(CUT_MS);
  proxy?.heal();
}
