/** Counts what Jest did, from its own `--json` file, and says in one line how it went. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readJson, root } from './checkout.mjs';

/**
 * A file of tests; its times are milliseconds since 1970.
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} status
 * @property {number} startTime
 * @property {number} endTime
 * @property {{ fullName: string, status: string }[]} assertionResults
 */

/**
 * What we read of Jest's results.
 * @typedef {object} JestResults
 * @property {Suite[]} testResults
 * @property {number} numRuntimeErrorTestSuites
 */

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {string} file
 * @returns {JestResults | null} null when Jest did not get as far as writing it
 */
export const readResults = (file) => (existsSync(file) ? /** @type {JestResults} */ (readJson(file)) : null);

const unfinished = new Set(['pending', 'skipped', 'todo', 'disabled']);

/**
 * A file that cannot be loaded counts as one failed test, and so does a Jest that ended badly for another reason.
 * @param {JestResults | null} results
 * @param {number} code Jest's exit code
 * @returns {Counts}
 */
export function count(results, code) {
  const statuses = (results?.testResults ?? []).flatMap((suite) =>
    suite.assertionResults.map((test) => test.status),
  );
  const failed =
    statuses.filter((status) => status === 'failed').length + (results?.numRuntimeErrorTestSuites ?? 0);
  return {
    passed: statuses.filter((status) => status === 'passed').length,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: statuses.filter((status) => unfinished.has(status)).length,
  };
}

/** @param {JestResults | null} results @returns {string[]} `file › test`, of what did not run */
export const skippedNames = (results) =>
  (results?.testResults ?? []).flatMap((suite) =>
    suite.assertionResults
      .filter((test) => unfinished.has(test.status))
      .map((test) => `${path.relative(root, suite.name)} › ${test.fullName}`),
  );

/** @param {JestResults | null} results @returns {string[]} the ten files that took longest, with their seconds */
export const slowest = (results) =>
  (results?.testResults ?? [])
    .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, 10)
    .map(({ name, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${path.relative(root, name)}`);

/** The line that other programs look for. @param {Counts} counts */
export const summary = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
