/**
 * The Debian packages that this project builds and tests with: the one list of them. `npm test` installs what it lacks
 * of the servers when it runs as root on Debian; `.ci/run` installs all that tests need.
 */
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, tail } from './child.mjs';
import { alone } from './lock.mjs';
import { say, secondsSince } from './say.mjs';

/**
 * Package → a program that shows that it is there, however it came.
 * @satisfies {Record<string, string>}
 */
const packages = {
  // To compile better-sqlite3.
  python3: 'python3',
  make: 'make',
  'g++': 'g++',
  // To test the scaled broker.
  postgresql: 'initdb',
  'redis-server': 'redis-server',
  // To test the pages as people see them.
  chromium: 'chromium',
  'chromium-headless-shell': 'chromium-headless-shell',
  openssl: 'openssl',
  // To test the examples for deployment.
  'nginx-light': 'nginx',
  haproxy: 'haproxy',
  systemd: 'systemd-analyze',
  // To test the rules for alerts.
  prometheus: 'promtool',
  // For `npm run deployment` alone, see `forContainers`.
  podman: 'podman',
  crun: 'crun',
  netavark: 'netavark',
  'aardvark-dns': 'aardvark-dns',
  'podman-compose': 'podman-compose',
  iptables: 'iptables',
  iproute2: 'ip',
  dbus: 'dbus-daemon',
  // To compare with in the benchmark.
  'syncthing-discosrv': 'stdiscosrv',
};

/** @typedef {keyof typeof packages} PackageName */

/** Debian keeps PostgreSQL's programs off PATH, one folder a version; the newest first. @returns {string[]} */
function postgresFolders() {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return [];
  const newestFirst = readdirSync(versions).sort((a, b) => Number(b) - Number(a));
  return newestFirst.map((version) => path.join(versions, version, 'bin'));
}

/** @param {string} name of a program @returns {string | null} its absolute path */
export function findProgram(name) {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const found = [...onPath, ...postgresFolders(), '/usr/lib/podman']
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
  return found ?? null;
}

/** @param {string} file @returns {boolean} */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What `npm run deployment` needs and no test. */
export const forContainers = /** @type {const} */ ([
  'podman',
  'crun',
  'netavark',
  'aardvark-dns',
  'podman-compose',
  'iptables',
  'iproute2',
  'dbus',
]);
/** @type {ReadonlySet<string>} */
const onDemand = new Set(forContainers);

const allNames = /** @type {PackageName[]} */ (Object.keys(packages).filter((name) => !onDemand.has(name)));

/** @param {readonly PackageName[]} names @returns {PackageName[]} those whose program is missing */
export const absent = (names) => names.filter((name) => findProgram(packages[name]) === null);

/**
 * Installs those of the packages whose program is missing, where that is possible: as root on Debian. Elsewhere it says
 * what is missing; the caller finds out by looking for the program.
 * @param {readonly PackageName[]} [names]
 */
export async function installMissing(names = allNames) {
  const missing = absent(names);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    say(`not on this machine, and only root on Debian can install it: ${missing.join(', ')}`);
    return;
  }
  const since = performance.now();
  say(`installing with apt-get: ${missing.join(', ')} …`);
  await alone('apt', () => withoutAutostart(() => aptInstall(missing)));
  say(`apt-get took ${secondsSince(since)}`);
}

/** @param {readonly string[]} names */
async function aptInstall(names) {
  // A new machine has no package lists, an old one outdated lists: only then is it worth fetching them.
  if ((await apt('install', ...names)).code === 0) return;
  await apt('update');
  if ((await apt('install', ...names)).code === 0) return;
  // One that this Debian does not have keeps the others away.
  for (const name of names) {
    const { code, output } = await apt('install', name);
    if (code !== 0) say(`${tail(output, 20)}\nsignpost: apt-get could not install ${name}`);
  }
}

/** @param {'install' | 'update'} verb @param {string[]} names */
function apt(verb, ...names) {
  const install = verb === 'install' ? ['-y', '--no-install-recommends'] : [];
  return run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', verb, '-q', ...install, ...names], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/**
 * Debian starts servers as it installs them; ours are private ones, so it is told not to. The answer is bound to the
 * life of this process, so that a killed run leaves nothing that would hold back services for good.
 * @param {() => Promise<void>} work
 */
async function withoutAutostart(work) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work();
  writeFileSync(policy, `#!/bin/sh\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`, {
    mode: 0o755,
  });
  try {
    await work();
  } finally {
    rmSync(policy, { force: true });
  }
}
