/**
 * What `@jest/globals` is to the tests. Each test file has its own set; who imported a name sees the one of the file that
 * runs.
 */

/** @typedef {Omit<typeof import('@jest/globals'), 'jest'> & { jest: import('./environment.mjs').default['jest'] }} Globals */

/** @type {Globals['expect']} */
export let expect;
/** @type {Globals['test']} */
export let test;
/** @type {Globals['it']} */
export let it;
/** @type {Globals['describe']} */
export let describe;
/** @type {Globals['beforeAll']} */
export let beforeAll;
/** @type {Globals['beforeEach']} */
export let beforeEach;
/** @type {Globals['afterAll']} */
export let afterAll;
/** @type {Globals['afterEach']} */
export let afterEach;
/** @type {Globals['jest']} */
export let jest;

/** @param {Globals} globals of the test file that comes next */
export function become(globals) {
  ({ expect, test, it, describe, beforeAll, beforeEach, afterAll, afterEach, jest } = globals);
}
