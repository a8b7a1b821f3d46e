/**
 * Node 24.21 aborts when an object of an addon that is built on its `ObjectWrap`, as those of better-sqlite3 are, is
 * garbage-collected while no context is entered (nodejs/node#65262 and around). The broker lets none go
 * (platform/database/native-objects.ts), but tests open files of their own: every database and statement is kept.
 */
import { createRequire } from 'node:module';

/** @typedef {Record<'prepare' | 'backup', (...given: unknown[]) => object>} Prototype */
/** @typedef {{ Database: { new (...given: unknown[]): object, prototype: Prototype } }} Addon */

/** @type {(name: string) => unknown} */
const require = createRequire(import.meta.url);
const addon = /** @type {Addon} */ (require('better-sqlite3/build/Release/better_sqlite3.node'));

/** @type {object[]} */
const kept = [];

/** @param {object} made @returns {object} */
function keep(made) {
  kept.push(made);
  return made;
}

const { Database } = addon;
for (const method of /** @type {const} */ (['prepare', 'backup'])) {
  const original = Database.prototype[method];
  Database.prototype[method] = function keepResult(/** @type {unknown[]} */ ...given) {
    return keep(original.apply(this, given));
  };
}
addon.Database = new Proxy(Database, { construct: (made, given) => keep(Reflect.construct(made, given)) });
