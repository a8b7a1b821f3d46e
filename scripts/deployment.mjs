/**
 * `npm run deployment`: builds the image of config/deploy/Containerfile, and starts it, config/deploy/compose.yaml and
 * config/deploy/signpost.service, with Debian's Podman and systemd and images made of this machine's own packages.
 * `-- image unit`: only these. Root on Debian 12 only; what a machine cannot do is "not here", and no failure.
 */
import { existsSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Interrupted, run, tail } from './lib/child.mjs';
import { absent, findProgram, forContainers, installMissing } from './lib/debian.mjs';
import { perform, say, secondsSince, Stop } from './lib/say.mjs';
import { enclosed } from './deployment/enclosure.mjs';

/** In the order in which they are started. @type {Record<string, string>} */
const PARTS = {
  image: 'the image alone, as the first lines of config/deploy/Containerfile say',
  unit: 'config/deploy/signpost.service, under a systemd of its own',
  compose: 'config/deploy/compose.yaml, and before it the image, whose key ring it takes',
};
const HELP = `npm run deployment [-- PART …]   without a PART: all of them
${Object.entries(PARTS)
  .map(([name, what]) => `  ${name.padEnd(8)} ${what}`)
  .join('\n')}`;

/** For every part. A compiler, because the image would fetch one otherwise. */
const packages = /** @type {const} */ ([...forContainers, 'systemd', 'python3', 'make', 'g++']);
const packagesOfCompose = /** @type {const} */ (['postgresql', 'redis-server', 'haproxy', 'openssl']);
/** Nothing to install here, on a Debian with Node. */
const programs = ['unshare', 'setpriv', 'dpkg-query', 'apt-cache', 'npm'];

/** @param {readonly string[]} given @returns {string[]} */
function chosen(given) {
  const unknown = given.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new Stop(`there is nothing to deploy called ${unknown.join(', ')}\n${HELP}`);
  const isWanted = (/** @type {string} */ name) =>
    given.length === 0 || given.includes(name) || (name === 'image' && given.includes('compose'));
  return Object.keys(PARTS).filter(isWanted);
}

/** The images that config/deploy names are those of Debian 12, and are made of what is installed here. */
const isRightMachine = () =>
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  process.getuid?.() === 0 &&
  existsSync('/etc/debian_version') &&
  readFileSync('/etc/debian_version', 'utf8').startsWith('12');

/** What the images take, twice. */
const ROOM_GIB = 4;
function room() {
  const { bavail, bsize } = statfsSync(os.tmpdir());
  return (bavail * bsize) / 1024 ** 3;
}

/** @param {readonly string[]} parts @returns {Promise<string | null>} why not */
async function missing(parts) {
  if (!isRightMachine()) return 'only root on Debian 12 on x64 can do this';
  const wanted = [...packages, ...(parts.includes('compose') ? packagesOfCompose : [])];
  await installMissing(wanted);
  if (room() < ROOM_GIB) return `less than ${ROOM_GIB} GiB in ${os.tmpdir()}`;
  const lacking = [...absent(wanted), ...programs.filter((name) => findProgram(name) === null)];
  return lacking.length > 0 ? `missing: ${lacking.join(', ')}` : null;
}

/** @param {string} folder that gets to know where it is */
async function findNode24(folder) {
  const { code, output } = await run(process.execPath, [
    'scripts/node24.mjs',
    'where',
    path.join(folder, 'node24.json'),
  ]);
  if (code !== 0) throw new Stop(`${tail(output)}\nsignpost: no Node 24 to put into the image`);
}

/** @param {string} folder @param {readonly string[]} parts @returns {Promise<boolean | null>} null: not on this machine */
async function holds(folder, parts) {
  const stage = async (/** @type {string} */ name, ownNetwork = true) =>
    (await enclosed(folder, [name, folder, ...parts], { ownNetwork })) === 0;
  // Before anything of the project is tried: what fails here is the machine.
  const isAble = async () => (await stage('base', false)) && (await stage('ability'));
  await findNode24(folder);
  const able = await isAble().catch((/** @type {unknown} */ error) => {
    if (error instanceof Interrupted) throw error;
    say(String(error));
    return false;
  });
  return able ? (await stage('build', false)) && (await stage('checks')) : null;
}

/** @param {readonly string[]} parts @returns {Promise<number>} */
async function deploy(parts) {
  const since = performance.now();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signpost-deployment-'));
  try {
    const result = await holds(folder, parts);
    const outcome =
      result === null
        ? 'not here: this machine cannot run containers (above), so nothing was checked'
        : `${result ? 'everything holds' : 'FAILED'} after ${secondsSince(since)}: ${parts.join(', ')}`;
    console.log(`deployment: ${outcome}`);
    return result === false ? 1 : 0;
  } finally {
    // Far faster than Node, for a hundred thousand files.
    await run('rm', ['-rf', folder]);
  }
}

await perform(async () => {
  const given = process.argv.slice(2);
  if (given.includes('--help')) {
    console.log(HELP);
    return 0;
  }
  const parts = chosen(given);
  const why = await missing(parts);
  if (why === null) return deploy(parts);
  console.log(`deployment: not here: ${why}`);
  return 0;
});
