/**
 * Processes, mounts, control groups and, if wanted, the network of a run are its own: nothing that it does outlives it or is seen
 * outside, whatever containers the machine runs besides.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../lib/child.mjs';

const groups = '/sys/fs/cgroup';
const inside = fileURLToPath(new URL('inside.mjs', import.meta.url));

/**
 * Version 1: a hierarchy for each kind of resource, and possibly an empty one of version 2, which crun does not bear beside them. What
 * else lies in that folder is none.
 * @param {string} mounts as /proc/self/mounts has them @returns {string[]} where they are
 */
export function hierarchiesIn(mounts) {
  const rows = mounts.split('\n').map((line) => line.split(' '));
  const found = rows.filter(([, at, type]) => type === 'cgroup' && path.dirname(at ?? '') === groups);
  return found.some(([, , , options]) => options?.split(',').includes('memory'))
    ? found.map(([, at]) => at ?? '')
    : [];
}

/** In a namespace of control groups the group that we are in looks like the root: mounted again, it is all that can be seen. */
const OWN_GROUPS = `mount -t tmpfs -o mode=755 cgroup ${groups}
for kinds in $(awk -F: '$2 != "" { print $2 }' /proc/self/cgroup); do
  mkdir "${groups}/\${kinds#name=}"; mount -t cgroup -o "$kinds" cgroup "${groups}/\${kinds#name=}"
done`;

/** @param {string} name @returns {string[]} the new groups */
function makeGroups(name) {
  return hierarchiesIn(readFileSync('/proc/self/mounts', 'utf8')).map((parent) => {
    const group = path.join(parent, name);
    mkdirSync(group, { recursive: true });
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (existsSync(path.join(group, file)))
        writeFileSync(path.join(group, file), readFileSync(path.join(parent, file)));
    }
    return group;
  });
}

/** @param {string} group with all below it */
function removeGroup(group) {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(path.join(group, entry.name));
  }
  rmdirSync(group);
}

/**
 * Runs a stage of `inside.mjs` to its end; what is left of it is killed with its namespace, and all of it if this process is killed.
 * @param {string} folder of this run
 * @param {readonly string[]} stage its name and what it is given
 * @param {{ ownNetwork: boolean }} options
 * @returns {Promise<number>} its exit code
 */
export async function enclosed(folder, stage, { ownNetwork }) {
  const made = makeGroups(`signpost-${path.basename(folder)}`);
  const enter = made.map((group) => `echo $$ > '${group}/cgroup.procs'`).join('\n');
  const namespaces = ['--mount', '--cgroup', '--pid', '--ipc', '--uts', ...(ownNetwork ? ['--net'] : [])];
  const start = [
    'set -eu',
    ...(made.length > 0 ? [OWN_GROUPS] : []),
    // Names and networks of containers are kept there, for all of the machine.
    ...(ownNetwork ? ['mount -t tmpfs -o mode=755 run /run', 'ip link set lo up'] : []),
    'exec "$@"',
  ].join('\n');
  const within = path.join(folder, 'start.sh');
  writeFileSync(within, start);
  const outside = `set -eu\n${enter}\nexec setpriv --pdeathsig KILL unshare ${namespaces.join(' ')} --fork --kill-child=KILL --mount-proc "$@"`;
  const command = ['bash', within, process.execPath, inside, ...stage];
  try {
    const onOutput = (/** @type {string} */ chunk) => void process.stdout.write(chunk);
    return (await run('bash', ['-c', outside, 'bash', ...command], { onOutput })).code;
  } finally {
    for (const group of made) await removeWhenEmpty(group);
  }
}

/** The kernel takes a moment to bury what was killed. @param {string} group */
async function removeWhenEmpty(group) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      removeGroup(group);
      return;
    } catch (error) {
      if (attempt === 600) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
