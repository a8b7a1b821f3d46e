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
