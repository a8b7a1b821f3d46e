/**
 * `npm run deployment`: builds the image of config/deploy/Containerfile, and starts it, config/deploy/compose.yaml and
 * config/deploy/signpost.service, with Debian's Podman and systemd and images made of this machine's own packages. Root on Debian only;
 * elsewhere it says what is missing. It is no part of CI: it takes minutes.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run, tail } from './lib/child.mjs';
import { absent, findProgram, forContainers, installMissing } from './lib/debian.mjs';
import { perform, secondsSince, Stop } from './lib/say.mjs';
import { enclosed } from './deployment/enclosure.mjs';

const NOT_HERE = 69;
const packages = /** @type {const} */ ([
  ...forContainers,
  'postgresql',
  'redis-server',
  'haproxy',
  'openssl',
]);
/** Nothing to install here, on a Debian with Node. */
const programs = ['unshare', 'dpkg-query', 'apt-cache', 'npm'];

/** @returns {string | null} why not */
function missing() {
  if (
    process.platform !== 'linux' ||
    process.arch !== 'x64' ||
    process.getuid?.() !== 0 ||
    !existsSync('/etc/debian_version')
  )
    return 'only root on Debian on x64 can do this';
  const lacking = [...absent(packages), ...programs.filter((name) => findProgram(name) === null)];
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

/** @param {string} folder @param {string} name @param {boolean} ownNetwork @returns {Promise<number>} */
async function stage(folder, name, ownNetwork) {
  const { code } = await enclosed(folder, name, {
    ownNetwork,
    onOutput: (chunk) => process.stdout.write(chunk),
  });
  return code;
}

/** @param {string} folder @returns {Promise<number>} */
async function inFolder(folder) {
  await findNode24(folder);
  // Before anything of the project is tried: what fails here is the machine.
  if ((await stage(folder, 'base', false)) !== 0) return NOT_HERE;
  if ((await stage(folder, 'ability', true)) !== 0) return NOT_HERE;
  if ((await stage(folder, 'build', false)) !== 0) return 1;
  return stage(folder, 'checks', true);
}

await perform(async () => {
  const since = performance.now();
  await installMissing(packages);
  const why = missing();
  if (why !== null) {
    console.log(`deployment: not here: ${why}`);
    return 0;
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signpost-deployment-'));
  try {
    const code = await inFolder(folder);
    if (code === NOT_HERE) {
      console.log('deployment: not here: this machine cannot run containers (above), so nothing was checked');
      return 0;
    }
    console.log(`deployment: ${code === 0 ? 'everything holds' : 'FAILED'} after ${secondsSince(since)}`);
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
