/** A PostgreSQL of an experiment's own: it can be stopped, killed and started again on the same port and files. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { runAsItsUser, startPostgres, stopPostgres } from '../../scripts/lib/postgres.mjs';

/** @typedef {Record<string, unknown>} Row */

export class Database {
  #private;

  /** @param {import('../../scripts/lib/postgres.mjs').PrivatePostgres} own */
  constructor(own) {
    this.#private = own;
    const url = new URL(own.url);
    url.pathname = '/signpost';
    /** Of a database for a broker. */
    this.url = url.href;
  }

  /** @param {string} base @returns {Promise<Database | null>} null where it cannot be had */
  static async start(base) {
    const own = await startPostgres(base);
    if (own === null) return null;
    const database = new Database(own);
    await query(own.url, 'CREATE DATABASE signpost');
    return database;
  }

  /** @param {string} statement @param {unknown[]} [values] @returns {Promise<Row[]>} */
  rows(statement, values) {
    return query(this.url, statement, values);
  }

  /** Of the cluster's files. */
  get dataDir() {
    return path.join(this.#private.folder, 'data');
  }

  /** @param {'immediate' | 'fast'} how */
  stop(how) {
    return this.#control(['-m', how, '-w', 'stop']);
  }

  /** SIGKILL to the first of its processes, the others follow. */
  killPostmaster() {
    killPostmasterOf(this.dataDir);
  }

  /** On the port it had; resolves when it accepts connections. */
  startAgain() {
    return this.#control(['-l', path.join(this.#private.folder, 'log'), '-w', 'start', '-o', this.#options]);
  }

  async remove() {
    await stopPostgres(this.#private);
  }

  get #options() {
    return readFileSync(path.join(this.dataDir, 'postmaster.opts'), 'utf8')
      .trim()
      .split(' ')
      .slice(1)
      .map((word) => word.replace(/^"|"$/g, ''))
      .join(' ');
  }

  /** @param {readonly string[]} args */
  async #control(args) {
    const { code, output } = await runAsItsUser(findProgram('pg_ctl') ?? 'pg_ctl', [
      '-D',
      this.dataDir,
      ...args,
    ]);
    if (code !== 0) throw new Error(`pg_ctl ${args.join(' ')}: ${output}`);
  }
}

/** @param {string} dataDir of a cluster that runs */
export function killPostmasterOf(dataDir) {
  const [pid] = readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

/** @param {string} url @param {string} statement @param {unknown[]} [values] @returns {Promise<Row[]>} */
export async function query(url, statement, values = []) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rows } = /** @type {{ rows: Row[] }} */ (await client.query(statement, values));
    return rows;
  } finally {
    await client.end();
  }
}
