/** What runs in the enclosure: `node inside.mjs STAGE FOLDER`. Each check says a line on stdout; the exit code counts. */
import path from 'node:path';
import { readJson } from '../lib/checkout.mjs';
import { tail } from '../lib/child.mjs';
import { perform, secondsSince, Stop } from '../lib/say.mjs';
import { compose } from './compose.mjs';
import { image } from './image.mjs';
import { buildImage, makeBaseImages } from './images.mjs';
import { configure, podman } from './podman.mjs';
import { unit } from './unit.mjs';

const BASE = 'localhost/signpost-base';

/** @typedef {{ home: string, compiled: string }} Node24 */

/** @param {string} folder @returns {Node24} */
const node24 = (folder) => /** @type {Node24} */ (readJson(path.join(folder, 'node24.json')));

/** What fails here is the machine, and no mistake of the project. @param {() => Promise<void>} trial @returns {Promise<number>} */
async function able(trial) {
  try {
    await trial();
    return 0;
  } catch (error) {
    console.log(
      `deployment: not here: containers do not run: ${String(error instanceof Error ? error.message : error)}`,
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
    console.log(`deployment: ${name}: FAILED after ${secondsSince(since)}\n${tail(words, 120)}`);
    return false;
  }
}

/** @type {Record<string, (folder: string) => Promise<number>>} */
const stages = {
  base: (folder) => able(() => makeBaseImages(folder, node24(folder).home)),

  /** The same as the checks need, with nothing of the project in it. */
  ability: () =>
    able(async () => {
      await podman('network', 'create', '--internal', 'signpost-ability');
      const rights = ['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges'];
      await podman('run', '--rm', ...rights, '--network=signpost-ability', BASE, 'true');
      await podman('run', '--rm', '-v', 'signpost-ability:/data', '-p', '127.0.0.1:8095:8095', BASE, 'true');
      await podman('run', '--rm', '--privileged', '--systemd=always', '--network=none', BASE, 'true');
    }),

  async build(folder) {
    const built = await holds('Containerfile', async () => {
      const { code, output } = await buildImage(folder, node24(folder).compiled);
      if (code !== 0) throw new Stop(output);
      return 'builds';
    });
    return built ? 0 : 1;
  },

  async checks(folder) {
    const results = [
      await holds('image', image),
      await holds('compose.yaml', () => compose(folder)),
      await holds('signpost.service', () => unit(folder)),
    ];
    return results.every(Boolean) ? 0 : 1;
  },
};

await perform(async () => {
  const [stage = '', folder = ''] = process.argv.slice(2);
  const run = stages[stage];
  if (run === undefined) throw new Stop(`there is no stage "${stage}"`);
  configure(folder);
  return run(folder);
});
