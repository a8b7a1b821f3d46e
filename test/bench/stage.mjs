/** What the measurements share: seeded data, started once, and the bytes that the bare servers send. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { say, secondsSince } from '../../scripts/lib/say.mjs';
import { acquire, release } from '../../scripts/lib/services.mjs';
import { writeAccessTokens } from './access-tokens.mjs';
import { tokenOf } from './cast.mjs';
import { parsed } from './json.mjs';
import { seed, startBroker } from './processes.mjs';

/** No password fits it: nobody signs in with one here. */
const NO_PASSWORD = 'bench';

export class Stage {
  /** @type {Map<number, Promise<string>>} by how many links */
  #grown = new Map();
  /** @type {{ admin: string, name: string } | undefined} */
  #database;
  /** @type {Promise<{ url: string, dataDir: string } | null> | undefined} */
  #postgres;
  #folder = mkdtempSync(path.join(os.tmpdir(), 'signpost-bench-'));
  /** @type {string[]} what could not be compared with */
  missing = [];

  /**
   * @param {import('./cast.mjs').Sizes} sizes
   * @param {{ rounds: number, seconds: number }} effort
   * @param {readonly [few: number, some: number, many: number]} links for what is said of growth
   */
  constructor(sizes, effort, links) {
    this.sizes = sizes;
    this.effort = effort;
    this.links = links;
  }

  /** Something is not installed here. @param {string} what */
  lacks(what) {
    if (!this.missing.includes(what)) this.missing.push(what);
  }

  /** @param {string} name */
  subfolder(name) {
    return mkdtempSync(path.join(this.#folder, `${name}-`));
  }

  /** @returns {Promise<string>} a data folder with everything in SQLite */
  sqlite() {
    return this.grown(this.sizes);
  }

  /** The same with another number of links. @param {import('./cast.mjs').Sizes} sizes @returns {Promise<string>} */
  grown(sizes) {
    const made = this.#grown.get(sizes.links) ?? this.#seededSqlite(sizes);
    this.#grown.set(sizes.links, made);
    return made;
  }

  /** @returns {Promise<{ url: string, dataDir: string } | null>} a database with everything in PostgreSQL; null: there is none */
  postgres() {
    return (this.#postgres ??= this.#seededPostgres());
  }

  /** @param {import('./cast.mjs').Sizes} sizes */
  async #seededSqlite(sizes) {
    const since = performance.now();
    const dataDir = this.subfolder('sqlite');
    // Makes the tables and the key ring.
    await (await startBroker(dataDir)).stop();
    await seed({ dataDir, sizes, passwordHash: NO_PASSWORD });
    say(`seeded SQLite with ${sizes.links} links in ${secondsSince(since)}`);
    return dataDir;
  }

  async #seededPostgres() {
    const { databaseUrl } = await acquire({ user: process.pid });
    if (databaseUrl === null) {
      this.lacks('PostgreSQL');
      return null;
    }
    const since = performance.now();
    const name = `signpost_bench_${process.pid}`;
    await runOn(databaseUrl, `CREATE DATABASE ${name}`);
    const url = new URL(databaseUrl);
    url.pathname = `/${name}`;
    const dataDir = this.subfolder('postgres');
    this.#database = { admin: databaseUrl, name };
    await (await startBroker(dataDir, { DATABASE_URL: url.href })).stop();
    await seed({ dataDir, sizes: this.sizes, passwordHash: NO_PASSWORD, url: url.href });
    say(`seeded PostgreSQL in ${secondsSince(since)}`);
    return { url: url.href, dataDir };
  }

  /** The answer to an account with ten servers, as a file. @param {number} port of a broker @returns {Promise<string>} */
  bodyFrom(port) {
    return this.#bodyOf(0, port);
  }

  /** The same to one with three, as all have on average. @param {number} port @returns {Promise<string>} */
  meanBodyFrom(port) {
    return this.#bodyOf(this.sizes.rich, port);
  }

  /** @param {number} account @param {number} port */
  #bodyOf(account, port) {
    return this.#answerOf(port, '/service/servers', { 'X-Connect-UserToken': tokenOf(account) });
  }

  /** Access tokens of all accounts with ten servers. @param {string} dataDir @returns {string} a file, as load.mjs takes it */
  accessTokens(dataDir) {
    const file = path.join(this.subfolder('tokens'), 'tokens.json');
    writeAccessTokens(dataDir, this.sizes.rich, file);
    return file;
  }

  /** The same by the API. @param {number} port @param {string} tokens a file of them @returns {Promise<string>} */
  apiBodyFrom(port, tokens) {
    const [token = ''] = /** @type {string[]} */ (parsed(readFileSync(tokens, 'utf8')));
    return this.#answerOf(port, '/api/v1/servers', { authorization: `Bearer ${token}` });
  }

  /** @param {number} port @param {string} target @param {Record<string, string>} headers */
  async #answerOf(port, target, headers) {
    const answer = await fetch(`http://127.0.0.1:${port}${target}`, { headers });
    if (answer.status !== 200) throw new Error(`${target}: ${answer.status}`);
    const file = path.join(this.subfolder('body'), 'body.json');
    writeFileSync(file, await answer.text());
    return file;
  }

  /** A copy that a measurement may change. @param {string} dataDir */
  copyOf(dataDir) {
    const copy = this.subfolder('copy');
    cpSync(dataDir, copy, { recursive: true });
    return copy;
  }

  async clear() {
    if (this.#database) {
      await runOn(this.#database.admin, `DROP DATABASE IF EXISTS ${this.#database.name} WITH (FORCE)`);
      await release(process.pid);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** @param {string} url @param {string} statement */
async function runOn(url, statement) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
