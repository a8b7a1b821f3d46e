/** What runs in the enclosure: `node inside.mjs STAGE FOLDER PART…`. Each check says a line on stdout; the exit code counts. */
import path from 'node:path';
import { readJson } from '../lib/checkout.mjs';
import { tail } from '../lib/child.mjs';
import { perform, secondsSince, Stop } from '../lib/say.mjs';
import { compose } from './compose.mjs';
import { image } from './image.mjs';
import { buildImage, makeBaseImages } from './images.mjs';
import { configure, NotHere, podman } from './podman.mjs';
import { unit } from './unit.mjs';

const BASE = 'localhost/signpost-base';
/** Far longer than a stage takes on the slowest machine: for a program that hangs, which nothing else would end. */
const LIMIT_SECONDS = 600;

/** @typedef {{ home: string, compiled: string }} Node24 */

/** @param {string} folder @returns {Node24} */
const node24 = (folder) => /** @type {Node24} */ (readJson(path.join(folder, 'node24.json')));

/** What fails here is the machine, and no mistake of the project. @param {string} name @param {() => Promise<void>} trial @returns {Promise<number>} */
async function able(name, trial) {
  const since = performance.now();
  try {
    await trial();
    console.log(`deployment: ${name}: ok after ${secondsSince(since)}`);
    return 0;
  } catch (error) {
    console.log(
      `deployment: ${name}: not here: containers do not run: ${String(error instanceof Error ? error.message : error)}`,
    );
    return 1;
  }
}

/** @param {string} name @param {() => Promise<string>} check @returns {Promise<boolean>} */
async function holds(name, check) {
  const since = performance.now();
  try {
    const words = await check();
    console.log(`deployment: ${name}: ok after ${secondsSince(since)}: ${words}`);
    return true;
  } catch (error) {
    const words =
      error instanceof Stop ? error.message : String(error instanceof Error ? error.stack : error);
    const outcome = error instanceof NotHere ? 'not here' : 'FAILED';
    console.log(`deployment: ${name}: ${outcome} after ${secondsSince(since)}\n${tail(words, 120)}`);
    return error instanceof NotHere;
  }
}

/** The same rights as each part has, with nothing of the project in it. @type {Record<string, () => Promise<unknown>>} */
const trials = {
  async image() {
    const rights = ['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges'];
    await podman('run', '--rm', ...rights, '-v', 'ability:/data', '-p', '127.0.0.1:8095:8095', BASE, 'true');
  },
  async compose() {
    await podman('network', 'create', '--internal', 'ability');
    await podman('run', '-d', '--name', 'ability', '--network=ability', BASE, 'sleep', 'infinity');
    // Found by its name.
    await podman('run', '--rm', '--network=ability', BASE, 'getent', 'hosts', 'ability');
    await podman('rm', '-f', '-t', '0', 'ability');
  },
  unit: () => podman('run', '--rm', '--privileged', '--systemd=always', '--network=none', BASE, 'true'),
};

/** @type {Record<string, (folder: string) => Promise<string>>} */
const checks = { image, compose, unit };

/** @typedef {(folder: string, parts: readonly string[]) => Promise<number>} Stage */

/** @type {Record<string, Stage>} */
const stages = {
  base: (folder, parts) =>
    able('base images', () => makeBaseImages(folder, node24(folder).home, parts.includes('compose'))),

  ability: (_folder, parts) =>
    able('ability', async () => {
      for (const part of parts) await trials[part]?.();
    }),

  async build(folder) {
    const built = await holds('Containerfile', async () => {
      const { code, output } = await buildImage(folder, node24(folder).compiled);
      if (code !== 0) throw new Stop(output);
      return 'builds';
    });
    return built ? 0 : 1;
  },

  async checks(folder, parts) {
    let isSound = true;
    for (const part of parts) {
      const check = checks[part];
      if (check) isSound = (await holds(part, () => check(folder))) && isSound;
    }
    return isSound ? 0 : 1;
  },
};

// This is the first process of its namespace: the others go with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

await perform(async () => {
  const [name = '', folder = '', ...parts] = process.argv.slice(2);
  const stage = stages[name];
  if (stage === undefined) throw new Stop(`there is no stage "${name}"`);
  configure(folder);
  setTimeout(() => {
    console.log(`deployment: ${name}: not over after ${LIMIT_SECONDS} s`);
    process.exit(1);
  }, LIMIT_SECONDS * 1000).unref();
  return stage(folder, parts);
});
