/** Counts what Jest did, from its own `--json` file, and says in one line how it went. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readJson, root } from './checkout.mjs';

/** @typedef {{ name: string, status: string, message: string, assertionResults: { fullName: string, status: string }[] }} Suite */

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

/**
 * Files whose worker process died before it could say anything: no test of theirs has failed, none has passed.
 * @param {JestResults | null} results
 * @returns {string[]}
 */
export const orphaned = (results) =>
  (results?.testResults ?? [])
    .filter(
      ({ assertionResults, message }) =>
        assertionResults.length === 0 && message.includes('jest worker process'),
    )
    .map(({ name }) => name);

/**
 * Puts what a file said when it was run again in the place of what it could not say before.
 * @param {JestResults} results
 * @param {string} name
 * @param {JestResults | null} again
 */
export function replaceSuite(results, name, again) {
  const suites = again?.testResults.filter((suite) => suite.name === name) ?? [];
  if (suites.length === 0) return;
  results.testResults = [...results.testResults.filter((suite) => suite.name !== name), ...suites];
  results.numRuntimeErrorTestSuites += (again?.numRuntimeErrorTestSuites ?? 0) - 1;
}

/** @param {JestResults} results @returns {boolean} */
export const isGood = ({ testResults, numRuntimeErrorTestSuites }) =>
  numRuntimeErrorTestSuites === 0 && testResults.every(({ status }) => status !== 'failed');

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

/** The line that other programs look for. @param {Counts} counts */
export const summary = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
