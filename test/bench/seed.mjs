/** Fills an empty database of the broker with seeded rows, past the broker. */
import Sqlite from 'better-sqlite3';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { parsed } from './json.mjs';
import { rowsOf } from './rows.mjs';

/** @param {string} dataDir @returns {{ id: string, secret: Buffer }} the key that seals link keys now */
function sealingKey(dataDir) {
  const ring = /** @type {{ keys: { id: string, use: string, secret: string }[] }} */ (
    parsed(readFileSync(`${dataDir}/keyring.json`, 'utf8'))
  );
  const key = ring.keys.filter(({ use }) => use === 'encrypt').at(-1);
  if (!key) throw new Error('the key ring has no key that encrypts');
  return { id: key.id, secret: Buffer.from(key.secret, 'hex') };
}

/** @param {string} dataDir @param {import('./cast.mjs').Sizes} sizes @param {string} passwordHash */
export function seedSqlite(dataDir, sizes, passwordHash) {
  const db = new Sqlite(`${dataDir}/signpost.sqlite`);
  db.exec('BEGIN');
  for (const { table, columns, rows } of rowsOf(sizes, sealingKey(dataDir), true, passwordHash)) {
    const marks = columns.map(() => '?').join(', ');
    const insert = db.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`);
    for (const row of rows) insert.run(row);
  }
  db.exec('COMMIT');
  db.exec('ANALYZE');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

const BATCH = 2_000;

/**
 * @param {string} url
 * @param {string} dataDir of the key ring
 * @param {import('./cast.mjs').Sizes} sizes
 * @param {string} passwordHash
 */
export async function seedPostgres(url, dataDir, sizes, passwordHash) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  for (const { table, columns, rows } of rowsOf(sizes, sealingKey(dataDir), false, passwordHash)) {
    /** @type {unknown[]} */
    let values = [];
    const flush = async () => {
      if (values.length === 0) return;
      await client.query(insertOf(table, columns, values.length / columns.length), values);
      values = [];
    };
    for (const row of rows) {
      values.push(...row);
      if (values.length >= BATCH * columns.length) await flush();
    }
    await flush();
  }
  await client.query('COMMIT');
  await client.query('ANALYZE');
  await client.end();
}

/** @param {string} table @param {readonly string[]} columns @param {number} count */
function insertOf(table, columns, count) {
  const row = (/** @type {number} */ at) =>
    `(${columns.map((_, n) => `$${at * columns.length + n + 1}`).join(',')})`;
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array.from({ length: count }, (_, at) => row(at)).join(',')}`;
}
