/** Fills an empty database of the broker with seeded rows, past the broker. */
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { rowsOf } from './rows.mjs';
import { sealingKey } from './sealing.mjs';

/** @param {string} dataDir @param {import('./cast.mjs').Sizes} sizes @param {string} passwordHash */
export function seedSqlite(dataDir, sizes, passwordHash) {
  const db = new Sqlite(`${dataDir}/signpost.sqlite`);
  // What is written is right, and whoever is interrupted begins anew: nothing is checked, and nothing written twice.
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
    PRAGMA cache_size = -524288; PRAGMA temp_store = MEMORY; BEGIN`);
  const indexes = withoutIndexes(db);
  for (const { table, columns, rows } of rowsOf(sizes, sealingKey(dataDir), true, passwordHash)) {
    const marks = columns.map(() => '?').join(', ');
    const insert = db.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`);
    for (const row of rows) insert.run(row);
  }
  for (const sql of indexes) db.exec(sql);
  db.exec('COMMIT; PRAGMA journal_mode = WAL');
  db.close();
}

/** They are made faster at once than row by row. @param {import('better-sqlite3').Database} db @returns {string[]} what makes them */
function withoutIndexes(db) {
  const made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
  const indexes = /** @type {{ name: string, sql: string }[]} */ (db.prepare(made).all());
  for (const { name } of indexes) db.exec(`DROP INDEX "${name}"`);
  return indexes.map(({ sql }) => sql);
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
  // Foreign keys are not looked up, where the server lets us: what is written is right.
  await client.query(
    "SELECT set_config('session_replication_role', 'replica', false) WHERE current_setting('is_superuser') = 'on'",
  );
  await client.query('BEGIN');
  for (const { table, columns, rows } of rowsOf(sizes, sealingKey(dataDir), false, passwordHash)) {
    const names = columns.join(', ');
    // One text for many rows: PostgreSQL reads it faster than as many parameters.
    const insert = `INSERT INTO ${table} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1)`;
    /** @type {Record<string, unknown>[]} */
    let batch = [];
    const flush = async () => {
      await client.query(insert, [JSON.stringify(batch)]);
      batch = [];
    };
    for (const row of rows) {
      batch.push(Object.fromEntries(columns.map((name, at) => [name, row[at]])));
      if (batch.length >= BATCH) await flush();
    }
    await flush();
  }
  await client.query('COMMIT');
  await client.query('ANALYZE');
  await client.end();
}
