/**
 * Makes node_modules the one that package-lock.json describes, for the Node that runs: `npm start` and `npm test` are
 * promised to work on a fresh clone, after `git pull` and after a change of Node, without anybody typing `npm ci`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, tail } from './child.mjs';
import { fingerprint, inCheckout, readJson, root, shortHash } from './checkout.mjs';
import { alone } from './lock.mjs';
import { say, secondsSince, Stop } from './say.mjs';

const lockFile = inCheckout('package-lock.json');
const installedFile = inCheckout('node_modules/.package-lock.json');
const stampFile = inCheckout('node_modules/.signpost-installed');

/** Compiled for one Node ABI; without it nothing starts. */
const compiled = inCheckout('node_modules/better-sqlite3/build/Release/better_sqlite3.node');

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} LockedPackage */

/** The ranges of `engines` in package.json: [major, least minor]; later majors than the last are welcome. */
const supported = /** @type {const} */ ([
  [20, 19],
  [22, 13],
  [24, 11],
]);

/** @throws {Stop} when this Node is too old */
function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 24 || supported.some(([known, least]) => major === known && minor >= least)) return;
  throw new Stop(
    `Node ${process.versions.node} is not supported: use 24.11 or later, 22.13 or later in 22, or 20.19 or later in 20`,
  );
}

/**
 * Costs a few milliseconds when there is nothing to do.
 * @throws {Stop} when npm fails
 */
export async function ensureInstalled() {
  requireNode();
  if (stampHolds() && allPresent()) return;
  await alone(`install-${shortHash(root)}`, async () => {
    if (stampHolds() && allPresent()) return;
    // Somebody ran `npm ci` by hand: believe it if the packages are right and the compiled one loads here.
    if (!matchesLock() || !allPresent() || !(await compiledLoads())) await install();
    writeFileSync(stampFile, stamp());
  });
}

const stamp = () =>
  `${fingerprint([lockFile, installedFile])} abi ${process.versions.modules} ${process.platform} ${process.arch}\n`;

/** @returns {boolean} */
function stampHolds() {
  if (![lockFile, installedFile, stampFile].every((file) => existsSync(file))) return false;
  return readFileSync(stampFile, 'utf8') === stamp();
}

/** @param {string} file @returns {Record<string, LockedPackage>} */
function packagesIn(file) {
  const lock = /** @type {{ packages: Record<string, LockedPackage> }} */ (readJson(file));
  return lock.packages;
}

/** No package was removed by hand, or left out by an install that was killed. @returns {boolean} */
function allPresent() {
  const folders = Object.keys(packagesIn(installedFile));
  return (
    existsSync(compiled) && folders.every((folder) => existsSync(path.join(root, folder, 'package.json')))
  );
}

/** npm leaves out optional packages for other platforms; everything else must be there, in the locked version. */
function matchesLock() {
  if (!existsSync(installedFile)) return false;
  const installed = packagesIn(installedFile);
  const locked = packagesIn(lockFile);
  const wanted = Object.entries(locked).filter(([folder]) => folder !== '');
  return (
    Object.keys(installed).every((folder) => folder in locked) &&
    wanted.every(([folder, { version, integrity, optional = false }]) => {
      const found = installed[folder];
      return found ? found.version === version && found.integrity === integrity : optional;
    })
  );
}

/** In a process of its own: a wrong binary can crash Node instead of throwing. */
async function compiledLoads() {
  const load = `new (require(${JSON.stringify(inCheckout('node_modules/better-sqlite3'))}))(':memory:')`;
  return (await run(process.execPath, ['-e', load])).code === 0;
}

async function install() {
  const since = performance.now();
  say('installing packages with npm ci (one of them is compiled: about two minutes) …');
  const [command, ...first] = npm();
  const { code, output } = await run(command, [...first, 'ci', '--include=dev', '--no-audit', '--no-fund'], {
    // npm's programs must find the Node that will run their result.
    env: {
      ...process.env,
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
    },
    output: process.stderr.isTTY ? 'stderr' : 'keep',
  });
  if (code !== 0) throw new Stop(failure(code, output));
  say(`installed in ${secondsSince(since)}`);
}

/** The npm that started us if there is one, run by this very Node. @returns {[string, ...string[]]} */
function npm() {
  const started = process.env['npm_execpath'];
  return started !== undefined && /npm-cli\.c?js$/.test(started) ? [process.execPath, started] : ['npm'];
}

/** @param {number} code @param {string} output @returns {string} */
function failure(code, output) {
  const shown = output === '' ? '' : `${tail(withoutUsage(output))}\nsignpost: `;
  if (code === 127) return `${shown}npm was not found: it comes with Node; put it on PATH`;
  return (
    `${shown}npm ci failed (exit code ${code}). If better-sqlite3 could not be built, a compiler is missing:\n` +
    '  on Debian and Ubuntu: apt-get install python3 make g++\n' +
    '  on macOS:             xcode-select --install\n' +
    'If package.json and package-lock.json do not agree, run npm install. If the registry could not be reached, check\n' +
    'the network and `npm config get registry`. Then start again.'
  );
}

/** npm puts two screens of its own usage below the reason. @param {string} output */
const withoutUsage = (output) => output.replace(/npm error Clean install a project[^]*/, '');

/** @param {string} name a package installed here @param {string} file inside it @returns {string} its absolute path */
export const inPackage = (name, file) => inCheckout('node_modules', name, file);
