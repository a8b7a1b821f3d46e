/** Whether a database is whole, by its own means. */
import { Database } from './database.mjs';
import { rowsOfSqlite } from './journal.mjs';

/** @param {Database | string} where a database, or the data folder of a SQLite file @returns {Promise<string[]>} what is wrong */
export async function soundness(where) {
  return where instanceof Database ? amcheck(where) : checkOfSqlite(where);
}

/** @param {string} dataDir */
async function checkOfSqlite(dataDir) {
  const rows = rowsOfSqlite(dataDir);
  const wrong = (await rows('PRAGMA integrity_check')).filter((row) => row['integrity_check'] !== 'ok');
  return [...wrong, ...(await rows('PRAGMA foreign_key_check'))].map((row) => JSON.stringify(row));
}

/** Every index against its table, and every row of the tables. @param {Pick<Database, 'rows'>} database @returns {Promise<string[]>} what is wrong */
export async function amcheck(database) {
  await database.rows('CREATE EXTENSION IF NOT EXISTS amcheck');
  const ours = "c.relnamespace = 'public'::regnamespace";
  const problems = [];
  for (const statement of [
    `SELECT bt_index_parent_check(c.oid, true) FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree' WHERE c.relkind = 'i' AND ${ours}`,
    `SELECT v.* FROM pg_class c, verify_heapam(c.oid) v WHERE c.relkind = 'r' AND ${ours}`,
  ]) {
    try {
      const rows = await database.rows(statement);
      if (statement.includes('verify_heapam')) problems.push(...rows.map((row) => JSON.stringify(row)));
    } catch (error) {
      problems.push(String(error));
    }
  }
  return problems;
}
