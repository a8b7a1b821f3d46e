import type Sqlite from 'better-sqlite3';

const kept: object[] = [];

/**
 * Keeps an object of better-sqlite3 (a database, a prepared statement) until the process ends. Node 24.21 aborts the whole
 * process when one of them is garbage-collected at the wrong moment (its `ObjectWrap` asserts that a context is entered),
 * so the broker lets none go; their number does not grow with its work.
 */
export function keepAlive<T extends object>(native: T): T {
  kept.push(native);
  return native;
}

/**
 * Keeps a database and whatever is prepared on it, so that nobody who prepares a statement has to think of it: the ORM drops
 * its own with each of its runners, so when a command is done with one database and goes on, and the driver one for each pragma.
 */
export function keepAllOf(db: Sqlite.Database): Sqlite.Database {
  const prepare = db.prepare.bind(db) as (source: string) => Sqlite.Statement;
  db.prepare = ((source: string) => keepAlive(prepare(source))) as typeof db.prepare;
  db.pragma = (source, { simple = false } = {}) => {
    const statement = db.prepare(`PRAGMA ${source}`);
    if (!statement.reader) return statement.run();
    return simple ? statement.pluck().get() : statement.all();
  };
  return keepAlive(db);
}
