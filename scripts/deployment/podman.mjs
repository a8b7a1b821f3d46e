/** Podman with a store, networks and settings of its own, all below the folder of the run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, tail } from '../lib/child.mjs';
import { Stop } from '../lib/say.mjs';

/** How long anything may take that is waited for: far longer than on the slowest machine, so that nothing depends on speed. */
const PATIENCE_MS = 90_000;

/** What failed is the machine, and no mistake of the project. */
export class NotHere extends Stop {}

/** @param {string} folder */
export function configure(folder) {
  mkdirSync(path.join(folder, 'podman'), { recursive: true });
  const storage = `[storage]
driver = "overlay"
graphroot = "${folder}/store"
runroot = "${folder}/state"
`;
  // No limits by default: not every root may raise those that Podman would, nor has every kernel the control groups for them.
  const containers = `[containers]
default_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]
pids_limit = 0
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
tmp_dir = "${folder}/temporary"
volume_path = "${folder}/volumes"
[network]
network_backend = "netavark"
network_config_dir = "${folder}/networks"
`;
  writeFileSync(path.join(folder, 'podman/storage.conf'), storage);
  writeFileSync(path.join(folder, 'podman/containers.conf'), containers);
  process.env['CONTAINERS_STORAGE_CONF'] = path.join(folder, 'podman/storage.conf');
  process.env['CONTAINERS_CONF'] = path.join(folder, 'podman/containers.conf');
}

/** @param {string} command @param {string[]} args @returns {Promise<string>} what it said */
export async function must(command, ...args) {
  const { code, output } = await run(command, args);
  if (code !== 0)
    throw new Stop(`${tail(output)}\nsignpost: ${command} ${args.join(' ')} ended with code ${code}`);
  return output.trim();
}

/** @param {string[]} args @returns {Promise<string>} */
export const podman = (...args) => must('podman', ...args);

/** @param {string} file that says how @param {string} name of the image @param {string} context folder */
export const build = (file, name, context) =>
  podman('build', '--quiet', '--format', 'docker', '-f', file, '-t', name, context);

/** @param {string} container @param {string[]} command @returns {Promise<string>} */
export const within = (container, ...command) => podman('exec', container, ...command);

/** @param {boolean} holds @param {string} what */
export function expect(holds, what) {
  if (!holds) throw new Stop(`this does not hold: ${what}`);
}

/**
 * @template T
 * @param {string} what
 * @param {() => Promise<T | false | null | undefined | '' | 0>} condition trouble counts as "not yet"
 * @param {() => Promise<string>} [evidence] shown when it was in vain
 * @returns {Promise<T>}
 */
export async function until(what, condition, evidence = () => Promise.resolve('')) {
  const end = performance.now() + PATIENCE_MS;
  let trouble = '';
  while (performance.now() < end) {
    const found = await condition().catch((/** @type {unknown} */ error) => {
      trouble = error instanceof Error ? error.message : String(error);
      return null;
    });
    if (found) return found;
    await sleep(200);
  }
  throw new Stop(`waited ${PATIENCE_MS / 1000} s in vain: ${what}\n${trouble}\n${await evidence()}`);
}
