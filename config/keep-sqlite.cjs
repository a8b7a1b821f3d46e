/**
 * Node 24.21 aborts when an object of an addon that is built on its `ObjectWrap`, as those of better-sqlite3
 * are, is garbage-collected while no context is entered (nodejs/node#65262 and around). Jest throws a whole context away
 * after each test file, so every database and statement is kept, on a core module: unlike `process` and the globals, that
 * is the same object in every context. Done once per process, or each file would wrap what the file before has wrapped.
 */
const events = require('node:events');
const addon = require('better-sqlite3/build/Release/better_sqlite3.node');

const kept = Symbol.for('signpost.test.native-objects');
if (!events[kept]) {
  const list = [];
  events[kept] = list;
  const keep = (made) => {
    list.push(made);
    return made;
  };
  const { Database } = addon;
  for (const method of ['prepare', 'backup']) {
    const original = Database.prototype[method];
    Database.prototype[method] = function keepResult(...given) {
      return keep(original.apply(this, given));
    };
  }
  addon.Database = new Proxy(Database, { construct: (made, given) => keep(Reflect.construct(made, given)) });
}
