/**
 * `npm run check`: everything that CI checks, so that nobody learns from CI what they could have known. Steps that use one
 * core run side by side, and all of them even if one fails; tests are the last, and so is their line.
 */
import os from 'node:os';
import { run, tail } from './lib/child.mjs';
import { ensureInstalled, inPackage } from './lib/install.mjs';
import { inCheckout } from './lib/checkout.mjs';
import { perform, say, secondsSince } from './lib/say.mjs';

/** @typedef {{ name: string, args: string[] }} Step a Node program and its arguments */
/** @typedef {{ name: string, took: string, ok: boolean }} Done */

/** The longest first: then those that run side by side end together. @type {Step[]} */
const steps = [
  {
    name: 'lint',
    args: [
      inPackage('eslint', 'bin/eslint.js'),
      ...['--config', 'config/eslint.config.mjs', '--max-warnings', '0', 'src', 'test', 'scripts', 'config'],
    ],
  },
  { name: 'generated files', args: [inCheckout('scripts/generate.mjs'), '--check'] },
  { name: 'types', args: [inPackage('typescript', 'bin/tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  {
    name: 'format',
    args: [
      inPackage('prettier', 'bin/prettier.cjs'),
      ...['--config', 'config/prettier.json', '--ignore-path', 'config/prettierignore', '--check', '.'],
    ],
  },
  {
    name: 'boundaries',
    args: [
      inPackage('dependency-cruiser', 'bin/dependency-cruise.mjs'),
      ...['--config', 'config/dependency-cruiser.cjs', 'src', 'test'],
    ],
  },
  { name: 'unused code', args: [inPackage('knip', 'bin/knip.js'), '--config', 'config/knip.json'] },
  { name: 'regular expressions', args: [inCheckout('scripts/regexes.mjs')] },
];

/** @param {Step} step @returns {Promise<Done>} */
async function runStep(step) {
  const since = performance.now();
  const { code, output } = await run(process.execPath, step.args);
  const took = secondsSince(since);
  if (code !== 0) console.log(`\n── ${step.name} ──\n${tail(output, 200)}\n`);
  say(`${step.name}: ${code === 0 ? 'ok' : 'FAILED'} after ${took}`);
  return { name: step.name, took, ok: code === 0 };
}

/** As many at once as there are cores, at most three: the linter alone takes 1.5 GB. @returns {Promise<Done[]>} in the order of `steps` */
async function runSteps() {
  const left = [...steps.entries()];
  /** @type {Done[]} */
  const all = [];
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      all[next[0]] = await runStep(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(3, os.availableParallelism()) }, lane));
  return all;
}

/**
 * Shows the tests' output as it comes, but keeps back the closing line, which belongs below the table.
 * @returns {Promise<Done & { closing: string }>}
 */
async function test() {
  const since = performance.now();
  let closing = '0 passed, 1 failed, 0 skipped';
  let unfinished = '';
  /** @param {string} line */
  const show = (line) => {
    if (/^\d+ passed, \d+ failed, \d+ skipped$/.test(line)) closing = line;
    else console.log(line);
  };
  const { code } = await run(process.execPath, [inCheckout('scripts/test.mjs')], {
    onOutput(chunk) {
      const lines = (unfinished + chunk).split('\n');
      unfinished = lines.pop() ?? '';
      lines.forEach(show);
    },
  });
  if (unfinished !== '') show(unfinished);
  return { name: 'tests', took: secondsSince(since), ok: code === 0, closing };
}

/** @param {Done[]} all @returns {string} */
function table(all) {
  const width = Math.max(...all.map(({ name }) => name.length));
  return all
    .map(({ name, took, ok }) => `${name.padEnd(width)}  ${took.padStart(8)}  ${ok ? 'ok' : 'FAILED'}`)
    .join('\n');
}

await perform(async () => {
  await ensureInstalled();
  const all = await runSteps();
  const tests = await test();
  all.push(tests);
  const failed = all.filter(({ ok }) => !ok).map(({ name }) => name);
  console.log(`\n${table(all)}`);
  console.log(failed.length === 0 ? 'everything holds' : `failed: ${failed.join(', ')}`);
  console.log(tests.closing);
  return failed.length === 0 ? 0 : 1;
});
