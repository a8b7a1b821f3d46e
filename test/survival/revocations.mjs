/** Links that are ended at one node while all nodes are asked for lists, all the time: when is each gone everywhere? */
import { setTimeout as pause } from 'node:timers/promises';
import { parsed } from '../bench/json.mjs';
import { asDevice, asServer, ask, deviceList, link, registerServer, serverList } from './people.mjs';

/** @typedef {import('./cluster.mjs').Cluster} Cluster */
/** @typedef {import('./people.mjs').Server} Server */
/** @typedef {import('./people.mjs').Answer} Answer */

/** Between two askings at one node. */
const EVERY_MS = 10;

export class Revocations {
  ended = 0;
  lists = 0;
  /** Answers that were none, or 503, by node. @type {number[]} */
  without = [];
  /** The latest beginning of a list that still showed an ended link, after the acknowledgement, in milliseconds. */
  slowest = 0;
  /** @type {string[]} */
  offences = [];
  /** How long an ended link may be shown, in milliseconds. */
  limit = 500;
  /** Nodes of which no list is expected. @type {Set<number>} */
  excused = new Set();
  #count = 0;
  #stopped = false;
  /** Linked, and nobody has asked for the end. @type {Set<string>} */
  #whole = new Set();
  /** When the end was acknowledged. @type {Map<string, number>} */
  #endedAt = new Map();
  /** @type {Server | undefined} */
  #latest;
  /** @type {Promise<unknown> | undefined} */
  #following;

  /** @param {Cluster} cluster */
  constructor(cluster) {
    this.cluster = cluster;
  }

  start() {
    this.#stopped = false;
    this.#following = Promise.all(this.cluster.nodes.map((_node, n) => this.#follow(n)));
  }

  async stop() {
    this.#stopped = true;
    await this.#following;
  }

  /** Links servers. @param {number} count @param {number} [at] the node @returns {Promise<Server[]>} */
  async link(count, at = 0) {
    const servers = [];
    for (let n = 0; n < count; n += 1) {
      this.#count += 1;
      const { url } = this.cluster.at(at);
      const server = await registerServer(url, `server ${this.#count}`);
      await link(url, server, this.cluster.person, `link-key-${this.#count}`.padEnd(32, '0'));
      servers.push(server);
      await pause(EVERY_MS);
    }
    // Acceptance may take as long to be seen.
    await pause(500);
    for (const { id } of servers) this.#whole.add(id);
    return servers;
  }

  /** Ends their links, one after the other: every second one the person leaves. @param {readonly Server[]} servers @param {number} [at] the node */
  async end(servers, at = 0) {
    const { person } = this.cluster;
    for (const [nth, server] of servers.entries()) {
      this.#whole.delete(server.id);
      this.#latest = server;
      const query = new URLSearchParams({ serverId: server.id, userId: person.id });
      const path = `/service/ServerAuthorizations?${query}`;
      const headers = nth % 2 === 0 ? asServer(server) : asDevice(person);
      const answer = await ask(this.cluster.at(at).url + path, { method: 'DELETE', headers });
      if (answer.status !== 200) {
        this.offences.push(`the end was answered ${answer.status}`);
        continue;
      }
      this.#endedAt.set(server.id, performance.now());
      this.ended += 1;
      await pause(EVERY_MS);
    }
  }

  /** @param {number} n */
  async #follow(n) {
    while (!this.#stopped) {
      const { url } = this.cluster.at(n);
      const whole = [...this.#whole];
      await this.#look(n, deviceList(url, this.cluster.person), (shown) => this.#missing(whole, shown));
      const latest = this.#latest;
      if (latest) await this.#look(n, serverList(url, latest), () => [], latest.id);
      await pause(EVERY_MS);
    }
  }

  /** @param {readonly string[]} whole @param {readonly string[]} shown @returns {string[]} what should have been there too */
  #missing(whole, shown) {
    return whole.filter((id) => this.#whole.has(id) && !shown.includes(id));
  }

  /**
   * @param {number} n @param {Promise<Answer>} asking @param {(shown: readonly string[]) => string[]} missing
   * @param {string} [of] the server whose own list it is
   */
  async #look(n, asking, missing, of) {
    const since = performance.now();
    try {
      const { status, text } = await asking;
      if (status === 503) this.#none(n, 'was answered 503');
      // Whatever befalls a node: nobody may take it for an end of what there is.
      else if (status !== 200) this.offences.push(`node ${n}: a list was answered ${status}`);
      if (status !== 200) return;
      this.lists += 1;
      const rows = /** @type {{ SystemId?: string, Id?: string }[]} */ (parsed(text));
      const shown = of === undefined ? rows.map(({ Id }) => Id ?? '') : rows.slice(0, 1).map(() => of);
      for (const id of shown) this.#judge(n, id, since);
      for (const id of missing(shown)) this.offences.push(`node ${n} did not show ${id}`);
    } catch (error) {
      this.#none(n, String(error));
    }
  }

  /** @param {number} n @param {string} id @param {number} since */
  #judge(n, id, since) {
    const late = since - (this.#endedAt.get(id) ?? Infinity);
    if (late <= 0) return;
    this.slowest = Math.max(this.slowest, late);
    if (late > this.limit) this.offences.push(`node ${n} showed ${id} ${Math.round(late)} ms after its end`);
  }

  /** @param {number} n @param {string} what */
  #none(n, what) {
    this.without[n] = (this.without[n] ?? 0) + 1;
    if (!this.excused.has(n)) this.offences.push(`node ${n}: a list ${what}`);
  }
}
