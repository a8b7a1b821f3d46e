/** Compares what the broker has with what it acknowledged. */
import Sqlite from 'better-sqlite3';
import path from 'node:path';
import { HALVES } from '../support/halves.mjs';
import { asDevice, ask, post, serverList } from './people.mjs';
import { settle } from './storm.mjs';
import { parsed } from '../bench/json.mjs';

/** @typedef {import('./storm.mjs').Storm} Storm */
/** @typedef {(statement: string) => Promise<Record<string, unknown>[]>} Rows reads the database past the broker */

/** @param {string} dataDir @returns {Rows} */
export const rowsOfSqlite = (dataDir) => (statement) => {
  const file = new Sqlite(path.join(dataDir, 'signpost.sqlite'), { readonly: true });
  try {
    return Promise.resolve(/** @type {Record<string, unknown>[]} */ (file.prepare(statement).all()));
  } finally {
    file.close();
  }
};

export class Journal {
  /** What was lost. @type {string[]} */
  lost = [];
  /** What was half done. @type {string[]} */
  halfDone = [];
  #seen = { servers: 0, tokens: 0 };

  /** @param {Storm} storm @param {Rows} rows */
  constructor(storm, rows) {
    this.storm = storm;
    this.rows = rows;
  }

  /** What came since the last time, or everything. @param {string} url @param {'new' | 'all'} which */
  async check(url, which) {
    const { servers, tokens } = which === 'all' ? { servers: 0, tokens: 0 } : this.#seen;
    const { storm } = this;
    this.#seen = { servers: storm.servers.length, tokens: storm.deviceTokens.length };
    await this.#servers(url, storm.servers.slice(servers));
    for (const token of storm.deviceTokens.slice(tokens)) {
      const { status } = await ask(`${url}/service/servers`, { headers: asDevice({ token }) });
      if (status !== 200) this.lost.push(`a device that was signed in is answered ${status}`);
    }
    const known = new Set((await this.rows('SELECT user_name FROM accounts')).map((row) => row['user_name']));
    this.lost.push(...storm.signedUp.filter((name) => !known.has(name)).map((name) => `account ${name}`));
    for (const owner of storm.owners) await this.#owner(url, owner);
    for (const [half, statement] of Object.entries(HALVES)) {
      const found = await this.rows(statement);
      if (found.length > 0) this.halfDone.push(`${half}: ${JSON.stringify(found.slice(0, 3))}`);
    }
  }

  /** @param {string} url @param {readonly import('./storm.mjs').ServerRecord[]} records */
  async #servers(url, records) {
    const rows = await this.rows('SELECT id, name FROM servers');
    const names = new Map(rows.map(({ id, name }) => [String(id), String(name)]));
    for (const record of records) {
      const { status, text } = await serverList(url, record);
      if (status !== 200) {
        this.lost.push(`server ${record.id} is answered ${status}: ${text.slice(0, 100)}`);
        continue;
      }
      const [link] = /** @type {Record<string, unknown>[]} */ (parsed(text));
      const isRight =
        !link || (link['UserId'] === record.person.id && link['AccessToken'] === record.linkKey);
      const found = `${names.get(record.id)}, ${link ? String(link['AcceptStatus']).toLowerCase() : 'none'}`;
      const possible = record.possible.map(
        ({ name, link: state }) => `${name}, ${state === 'ended' ? 'none' : state}`,
      );
      if (!isRight || !possible.includes(found))
        this.lost.push(`${found} instead of ${possible.join(' or ')}`);
    }
  }

  /** The password that counts, and whether the devices fit it. @param {string} url @param {import('./storm.mjs').Owner} owner */
  async #owner(url, owner) {
    const counts = await this.#whichCounts(url, owner);
    if (counts === null) {
      this.lost.push(`neither password of ${owner.userName} is right`);
      return;
    }
    await this.#ownerFits(url, owner, counts !== owner.password);
    settle(owner, counts);
    for (const token of owner.dead.splice(0)) {
      if (await isSignedIn(url, token))
        this.lost.push(`a device of ${owner.userName} lives after its password`);
    }
  }

  /** A device lives exactly as long as the password. @param {string} url @param {import('./storm.mjs').Owner} owner @param {boolean} isChanged */
  async #ownerFits(url, { userName, deviceToken, wanted }, isChanged) {
    if (deviceToken === '' || (!isChanged && wanted === null)) return;
    const lives = await isSignedIn(url, deviceToken);
    const [changed, found] = [isChanged ? 'changed' : 'not changed', lives ? 'alive' : 'ended'];
    if (lives === isChanged) this.halfDone.push(`password of ${userName} ${changed}, device ${found}`);
  }

  /** @param {string} url @param {import('./storm.mjs').Owner} owner @returns {Promise<string | null>} */
  async #whichCounts(url, { userName, password, wanted }) {
    for (const candidate of [password, wanted]) {
      if (candidate === null) continue;
      const fields = { nameOrEmail: userName, rawpw: candidate };
      const { status } = await post(`${url}/service/user/authenticate`, fields);
      if (status === 200) return candidate;
    }
    return null;
  }
}

/** @param {string} url @param {string} token */
async function isSignedIn(url, token) {
  return (await ask(`${url}/service/servers`, { headers: asDevice({ token }) })).status === 200;
}
