/**
 * src → dist: `dist/modules` is what the compiler makes of each file, and beside it the programs, bundled with their packages
 * (`bundle.mjs`). A build goes to a folder of its own and takes dist's place only when it succeeded: no file of a deleted
 * source stays, a failed build never looks fresh, and a broker that runs from dist meanwhile loses nothing.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { bundle } from './bundle.mjs';
import { run } from './child.mjs';
import { fingerprint, inCheckout, root, shortHash } from './checkout.mjs';
import { inPackage } from './install.mjs';
import { alone } from './lock.mjs';
import { say, secondsSince, Stop } from './say.mjs';

const dist = inCheckout('dist');
const stampName = '.built-from';

/** What else decides what comes out. */
const settings = [
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/lib/build.mjs',
  'scripts/lib/bundle.mjs',
].map((name) => inCheckout(name));

/** @returns {string[]} absolute, sorted; tests are no part of the product */
function sources() {
  return readdirSync(inCheckout('src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(test\.tsx?|md|snap)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** @returns {string} */
const wanted = () => fingerprint([...sources(), ...settings]);

/** What the stamp says besides if nobody looked whether types are right. Enough for tests: `npm run check` looks. */
const UNCHECKED = '\nunchecked';

/** @param {boolean} checked @returns {boolean} whether dist was built from exactly these sources */
function isFresh(checked) {
  const stamp = path.join(dist, stampName);
  if (!existsSync(path.join(dist, 'main.js')) || !existsSync(stamp)) return false;
  const [found, sound] = [readFileSync(stamp, 'utf8'), wanted()];
  return found === sound || (!checked && found === sound + UNCHECKED);
}

/**
 * Costs a few milliseconds when there is nothing to do.
 * @param {{ checked: boolean }} [how] unchecked takes half the time, and makes the same
 * @throws {Stop} when it does not compile
 */
export async function ensureBuilt({ checked } = { checked: true }) {
  if (isFresh(checked)) return;
  await alone(`build-${shortHash(root)}`, async () => {
    if (!isFresh(checked)) await buildAlone(checked);
  });
}

/** Builds whatever there is. @throws {Stop} when it does not compile */
export const build = () => alone(`build-${shortHash(root)}`, () => buildAlone(true));

/** @param {boolean} checked */
async function buildAlone(checked) {
  const since = performance.now();
  say('building …');
  // A sibling of dist, so that source maps point to the right place after the move.
  const next = inCheckout('.dist-next');
  rmSync(next, { recursive: true, force: true });
  try {
    // Taken before: a source changed while we compile makes the next start build again.
    const stamp = wanted() + (checked ? '' : UNCHECKED);
    const modules = path.join(next, 'modules');
    await compile(modules, checked);
    copyAssets(modules);
    await bundle(modules, next, ['main', 'cli']);
    chmodSync(path.join(next, 'cli.js'), 0o755);
    writeFileSync(path.join(next, stampName), stamp);
    rmSync(dist, { recursive: true, force: true });
    renameSync(next, dist);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
  say(`built in ${secondsSince(since)}`);
}

/** @param {string} folder @param {boolean} checked */
async function compile(folder, checked) {
  const compiler = inPackage('typescript', 'bin/tsc');
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', folder, '--noEmitOnError'];
  if (!checked) args.push('--noCheck');
  const { code, output } = await run(process.execPath, args);
  if (code !== 0) throw new Stop(`${output.trimEnd()}\nsignpost: the build failed; dist is as it was`);
}

/** Texts, style sheets and the like lie beside the code that reads them. @param {string} folder */
function copyAssets(folder) {
  for (const file of sources().filter((name) => !/\.[cm]?[jt]sx?$/.test(name))) {
    const target = path.join(folder, path.relative(inCheckout('src'), file));
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}
