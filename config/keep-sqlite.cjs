/**
 * On Node 24 the process aborts when a statement or database of better-sqlite3 12 is garbage-collected while no context is
 * entered. Jest throws a whole context away after each test file, so all of them, those of `pragma` too, are kept on
 * a core module: unlike `process` and the globals, that is the same object in every context.
 */
const events = require('node:events');
const Sqlite = require('better-sqlite3');
const { cppdb } = require('better-sqlite3/lib/util');

const kept = Symbol.for('signpost.test.statements');
events[kept] ??= [];
const probe = new Sqlite(':memory:');
const native = Object.getPrototypeOf(probe[cppdb]);
for (const method of ['prepare', 'exec', 'close']) {
  const original = native[method];
  native[method] = function keepAnd(...given) {
    const result = original.apply(this, given);
    events[kept].push(this, result);
    return result;
  };
}
probe.close();
