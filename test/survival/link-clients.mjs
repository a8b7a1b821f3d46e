/**
 * Media servers and devices that make, accept and end links at any node, and ask for lists at all of them, all the time;
 * and what each of them saw, by one clock.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parsed } from '../bench/json.mjs';
import { asDevice, asServer, ask, deviceList, post, registerServer, serverList } from './people.mjs';

/** @typedef {import('./cluster.mjs').Cluster} Cluster */
/** @typedef {import('./people.mjs').Answer} Answer */
/** @typedef {import('./link-history.mjs').Seen} Seen */

/** @typedef {{ server: import('./people.mjs').Server, person: import('./people.mjs').Person, seen: Seen[] }} Link */
/** Of an answer: what was seen, or null when it says nothing. @typedef {(answer: Answer) => string | null} Reading */

/** Between two writes of one writer, at most; two write each link. */
const WRITE_WITHIN_MS = 500;
/** Between two lists of one reader. */
const READ_EVERY_MS = 80;

export class LinkClients {
  /** @type {Link[]} */
  links = [];
  /** Answered, or not known: each request counts once. */
  operations = 0;
  unknown = 0;
  /** Neither an answer of the model nor 503. @type {string[]} */
  surprises = [];
  #keys = 0;
  #stopped = false;
  /** @type {Promise<unknown> | undefined} */
  #playing;

  /** @param {Cluster} cluster */
  constructor(cluster) {
    this.cluster = cluster;
  }

  /** Registers servers, each for one person. @param {number} each servers of a person */
  async settle(each) {
    for (const person of this.cluster.people) {
      for (let n = 0; n < each; n += 1) {
        const server = await registerServer(this.cluster.at(0).url, `${person.userName} ${n}`);
        this.links.push({ server, person, seen: [] });
      }
    }
  }

  start() {
    const { nodes, people } = this.cluster;
    const readers = nodes.flatMap((_node, n) => [
      ...people.map((person) => () => this.#deviceList(n, person)),
      () => this.#serverList(n),
    ]);
    const writers = this.links.flatMap((link) => [() => this.#asServer(link), () => this.#asDevice(link)]);
    this.#playing = Promise.all([
      ...readers.map((read) => this.#again(read, () => READ_EVERY_MS)),
      ...writers.map((write) => this.#again(write, () => randomInt(WRITE_WITHIN_MS))),
    ]);
  }

  async stop() {
    this.#stopped = true;
    await this.#playing;
  }

  /** @param {() => Promise<void>} act @param {() => number} pauseMs */
  async #again(act, pauseMs) {
    while (!this.#stopped) {
      await act();
      await pause(pauseMs());
    }
  }

  /** Asks for the link with a new key, or takes it back. @param {Link} link */
  async #asServer(link) {
    const { server, person } = link;
    const node = randomInt(this.cluster.nodes.length);
    const { url } = this.cluster.at(node);
    if (randomInt(5) < 2) {
      await this.#write(link, { what: 'end', node }, end(url, link, asServer(server)), ended);
      return;
    }
    this.#keys += 1;
    const key = String(this.#keys).padStart(32, 'k');
    const wanted = { serverId: server.id, userId: person.id, userType: 'Linked', accessToken: key };
    const asking = post(`${url}/service/ServerAuthorizations`, wanted, asServer(server));
    await this.#write(link, { what: 'ask', key, node }, asking, ({ status, text }) =>
      status === 200 ? stateOf(/** @type {Row} */ (parsed(text))) : null,
    );
  }

  /** @param {Link} link */
  async #asDevice(link) {
    const { server, person } = link;
    const node = randomInt(this.cluster.nodes.length);
    const { url } = this.cluster.at(node);
    if (randomInt(5) < 1) {
      await this.#write(link, { what: 'end', node }, end(url, link, asDevice(person)), ended);
      return;
    }
    const accepting = ask(`${url}/service/ServerAuthorizations/accept?serverId=${server.id}`, {
      headers: asDevice(person),
    });
    await this.#write(link, { what: 'accept', node }, accepting, ({ status }) =>
      status === 200 ? 'accepted' : status === 404 ? 'none' : null,
    );
  }

  /** @param {number} node @param {import('./people.mjs').Person} person */
  async #deviceList(node, person) {
    const from = performance.now();
    const answer = await this.#answer(deviceList(this.cluster.at(node).url, person));
    if (answer?.status !== 200) return;
    const until = performance.now();
    this.operations += 1;
    const rows = /** @type {{ Id: string, AccessKey: string }[]} */ (parsed(answer.text));
    const keys = new Map(rows.map(({ Id, AccessKey }) => [Id, AccessKey]));
    for (const { server, seen } of this.links.filter((link) => link.person === person))
      seen.push({ what: 'device list', node, from, until, answer: keys.get(server.id) ?? '' });
  }

  /** @param {number} node */
  async #serverList(node) {
    const link = this.links[randomInt(this.links.length)];
    if (!link) return;
    const from = performance.now();
    const answer = await this.#answer(serverList(this.cluster.at(node).url, link.server));
    if (answer?.status !== 200) return;
    this.operations += 1;
    const [row] = /** @type {Row[]} */ (parsed(answer.text));
    const state = row ? `${stateOf(row)} ${row.AccessToken}` : 'none';
    link.seen.push({ what: 'server list', node, from, until: performance.now(), answer: state });
  }

  /**
   * @param {Link} link @param {Pick<Seen, 'what' | 'key' | 'node'>} write @param {Promise<Answer>} request
   * @param {Reading} reading
   */
  async #write({ seen }, write, request, reading) {
    const from = performance.now();
    const answer = await this.#answer(request);
    // A node that does not listen has done nothing.
    if (answer === undefined) return;
    const found = answer === null ? null : reading(answer);
    this.operations += 1;
    if (found === null) this.unknown += 1;
    seen.push({ ...write, from, until: performance.now(), answer: found });
  }

  /** @param {Promise<Answer>} request @returns {Promise<Answer | null | undefined>} null: none came; undefined: it was not even asked */
  async #answer(request) {
    try {
      const answer = await request;
      if (![200, 404, 503].includes(answer.status))
        this.surprises.push(`answered ${answer.status}: ${answer.text}`);
      return answer;
    } catch (error) {
      const { cause } = /** @type {{ cause?: { code?: string } }} */ (error);
      return cause?.code === 'ECONNREFUSED' ? undefined : null;
    }
  }
}

/** @typedef {{ AcceptStatus: string, AccessToken: string }} Row of a server's list */

/** @param {Row} row */
const stateOf = ({ AcceptStatus }) => AcceptStatus.toLowerCase();

/** @type {Reading} */
const ended = ({ status }) => (status === 200 ? 'ended' : status === 404 ? 'none' : null);

/** @param {string} url @param {Link} link @param {Record<string, string>} headers */
function end(url, { server, person }, headers) {
  const which = new URLSearchParams({ serverId: server.id, userId: person.id });
  return ask(`${url}/service/ServerAuthorizations?${which}`, { method: 'DELETE', headers });
}
