/**
 * `npm test`: runs every test that this machine can run, on a fresh clone too, and says by name what it could not run.
 * With CI=true nothing may be left out. Arguments go to Jest: `npm test -- test/connect`. The last line on stdout is
 * `N passed, N failed, N skipped`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from './lib/child.mjs';
import { findChromium, findHeadlessShell } from './lib/chromium.mjs';
import { ensureInstalled, inPackage } from './lib/install.mjs';
import { privateFolder } from './lib/lock.mjs';
import { quickFolder } from './lib/quick-folder.mjs';
import { perform, say } from './lib/say.mjs';
import { acquire, release } from './lib/services.mjs';
import { count, readResults, skippedNames, slowest, summary } from './lib/test-results.mjs';

const strict = process.env['CI'] === 'true';

/**
 * What tests need besides the broker, or are quicker with.
 * @typedef {import('./lib/services.mjs').Services & { chromium: string | null, headlessShell: string | null }} Needs
 */

/**
 * @param {Needs} needs
 * @param {string} folder for what the tests write
 * @param {string} resultFile
 * @returns {Promise<number>} Jest's exit code
 */
async function jest({ databaseUrl, redisUrl, chromium, headlessShell }, folder, resultFile) {
  // Locks between processes stay where all processes look.
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, SIGNPOST_TMPDIR: os.tmpdir(), TMPDIR: folder };
  // Tests skip themselves where these are absent, so one that was given but answers nobody must not stay.
  delete env['TEST_DATABASE_URL'];
  delete env['TEST_REDIS_URL'];
  delete env['TEST_CHROMIUM'];
  delete env['TEST_HEADLESS_SHELL'];
  if (databaseUrl !== null) env['TEST_DATABASE_URL'] = databaseUrl;
  if (redisUrl !== null) env['TEST_REDIS_URL'] = redisUrl;
  if (chromium !== null) env['TEST_CHROMIUM'] = chromium;
  if (headlessShell !== null) env['TEST_HEADLESS_SHELL'] = headlessShell;
  const options = [
    '--config',
    'config/jest.config.mjs',
    `--cacheDirectory=${privateFolder('jest')}`,
    '--maxWorkers=2',
  ];
  const results = ['--json', `--outputFile=${resultFile}`];
  const node = ['--no-warnings', inPackage('jest', 'bin/jest.js')];
  const { code } = await run(process.execPath, [...node, ...options, ...results, ...process.argv.slice(2)], {
    env,
    output: 'inherit',
  });
  return code;
}

/** @param {Needs} needs @returns {string[]} */
const missing = ({ databaseUrl, redisUrl, chromium }) => [
  ...(databaseUrl === null ? ['PostgreSQL'] : []),
  ...(redisUrl === null ? ['Redis'] : []),
  ...(chromium === null ? ['Chromium'] : []),
];

/**
 * Says what took longest and what did not run, by name, and ends with the counts.
 * @param {Needs} needs
 * @param {import('./lib/test-results.mjs').JestResults | null} results
 * @param {number} code Jest's exit code
 * @returns {number} ours
 */
function report(needs, results, code) {
  const counts = count(results, code);
  const left = [
    ...skippedNames(results).map((name) => `skipped: ${name}`),
    ...missing(needs).map((name) => `not available: ${name}`),
  ];
  const ran = counts.passed + counts.failed > 0;
  const tooLittle = strict && left.length > 0;
  for (const line of [...slowest(results), ...left]) console.log(line);
  if (!ran) console.log('no test ran, and that counts as a failure');
  if (tooLittle) console.log('with CI=true nothing may be skipped or unavailable');
  console.log(summary(counts));
  return counts.failed > 0 || !ran || tooLittle ? 1 : 0;
}

await perform(async () => {
  await ensureInstalled();
  const folder = mkdtempSync(path.join(quickFolder(os.tmpdir()), 'signpost-test-'));
  try {
    const browsers = { chromium: await findChromium(), headlessShell: await findHeadlessShell() };
    const needs = { ...(await acquire({ user: process.pid })), ...browsers };
    if (missing(needs).length > 0) say(`tests that need ${missing(needs).join(' or ')} will be skipped`);
    const resultFile = path.join(folder, 'results.json');
    const code = await jest(needs, folder, resultFile);
    return report(needs, readResults(resultFile), code);
  } finally {
    await release(process.pid);
    rmSync(folder, { recursive: true, force: true });
  }
});
