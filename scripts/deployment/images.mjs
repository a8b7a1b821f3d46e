/**
 * The images that the files in config/deploy name, made of this machine's own Debian packages and its Node 24: no registry is
 * asked. Then the project's image, by its own Containerfile, with what npm has in its cache.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { inCheckout, readJson } from '../lib/checkout.mjs';
import { run } from '../lib/child.mjs';
import { findProgram } from '../lib/debian.mjs';
import { Stop } from '../lib/say.mjs';
import { build, must } from './podman.mjs';

/**
 * What the image of Node has beside Debian's essential packages, and what the Containerfile installs. apt there knows that it
 * has them, and is given no source: it need not fetch lists.
 */
const COMPILER = ['python3', 'make', 'g++'];
const TOOLS = ['apt', 'ca-certificates', 'mawk', 'passwd', ...COMPILER];
/** For the other images, which are the same one; apt does not know of them there. */
const SYSTEM = ['systemd', 'dbus'];
const SERVICES = ['postgresql-15', 'redis-server', 'haproxy'];
/** For compiled queries, which nobody here asks. */
const LEFT_OUT = /^(libllvm|libz3|perl$|perl-modules)/;

/** @typedef {{ installed: Set<string>, essential: string[] }} Installed */

/** @returns {Promise<Installed>} */
async function whatIsInstalled() {
  const lines = await must('dpkg-query', '-W', '-f', '${db:Status-Abbrev} ${Package} ${Essential}\n');
  const rows = lines.split('\n').map((line) => line.trim().split(/\s+/));
  const installed = new Set(rows.filter(([status]) => status === 'ii').map(([, name]) => String(name)));
  const essential = rows.filter(([, , flag]) => flag === 'yes').map(([, name]) => String(name));
  return { installed, essential };
}

/** @param {Installed} machine @param {readonly string[]} wanted @returns {Promise<string[]>} with what they depend on */
async function withDependencies({ installed }, wanted) {
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const only = ['--recurse', '--installed', ...kinds.map((kind) => `--no-${kind}`)];
  const roots = wanted.filter((name) => installed.has(name));
  const found = await must('apt-cache', 'depends', ...only, ...roots);
  const named = found.split('\n').filter((line) => /^[a-z0-9]/.test(line));
  return [...new Set(named.map((line) => line.replace(/:.*$/, '')))].filter(
    (name) => installed.has(name) && !LEFT_OUT.test(name),
  );
}

/** Beside the files of packages: what their installation made. */
const MADE = [
  ...['passwd', 'group', 'shadow', 'gshadow', 'ld.so.cache', 'nsswitch.conf', 'alternatives', 'ssl'].map(
    (name) => `/etc/${name}`,
  ),
  ...['/etc/localtime', '/bin', '/sbin', '/lib', '/lib64'],
];

const USELESS = /^\/(\.|usr\/(share\/(doc|man|locale|info|lintian)|lib\/debug)\/)/;
/** Links to folders of /usr. */
const MERGED = new Set(['/bin', '/sbin', '/lib', '/lib64']);

/** Of merged folders tar must take files by their real names. @param {string} file @returns {string} */
const realName = (file) =>
  MERGED.has(file) ? file : path.join(realpathSync(path.dirname(file)), path.basename(file));

const EMPTY = ['proc', 'sys', 'dev', 'run', 'root', 'var/lib/dpkg/info', 'var/lib/dpkg/updates'];
const FOR_APT = ['var/cache/apt/archives/partial', 'var/lib/apt/lists/partial'];

/** @param {string} root the folder that becomes the image @param {readonly string[]} others packages that apt does not know of there */
async function fill(root, others) {
  const machine = await whatIsInstalled();
  const lacking = COMPILER.filter((name) => !machine.installed.has(name));
  if (lacking.length > 0) throw new Stop(`not installed from Debian: ${lacking.join(', ')}`);
  const tools = await withDependencies(machine, [...machine.essential, ...TOOLS]);
  const all = [...tools, ...(await withDependencies(machine, others))];
  const packaged = (await must('dpkg-query', '-L', ...new Set(all))).split('\n');
  const files = [...packaged.filter((file) => file.startsWith('/')), ...(await alternatives()), ...MADE];
  const list = files.filter((file) => !USELESS.test(file) && existsSync(file)).map(realName);
  writeFileSync(`${root}.files`, [...new Set(list)].join('\n'));
  for (const folder of [...EMPTY, ...FOR_APT]) mkdirSync(path.join(root, folder), { recursive: true });
  const copy = 'set -o pipefail; tar -C / -cf - "${@:2}" | tar -C "$1" -xpf -';
  await must('bash', '-c', copy, 'bash', root, '--no-recursion', '-T', `${root}.files`);
  await must('bash', '-c', copy, 'bash', root, 'etc/alternatives', 'etc/ssl/certs');
  await must('install', '-d', '-m', '1777', path.join(root, 'tmp'));
  writeFileSync(path.join(root, 'var/lib/dpkg/status'), `${await must('dpkg-query', '-s', ...tools)}\n`);
}

/** Names that a package shares with others, such as c++. @returns {Promise<string[]>} */
const alternatives = async () =>
  (await must('bash', '-c', 'find /usr/bin /usr/sbin -type l -lname "/etc/alternatives/*"')).split('\n');

/** @param {string} folder of the run @param {string} home of Node 24 */
function addNode(folder, home) {
  const root = path.join(folder, 'root');
  const local = path.join(root, 'usr/local');
  for (const part of ['bin', 'lib/node_modules', 'etc'])
    mkdirSync(path.join(local, part), { recursive: true });
  cpSync(path.join(home, 'bin/node'), path.join(local, 'bin/node'));
  const npm = path.resolve(realpathSync(String(findProgram('npm'))), '../..');
  cpSync(npm, path.join(local, 'lib/node_modules/npm'), { recursive: true, dereference: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(local, 'bin/npm'));
  symlinkSync('/usr/local/bin/node', path.join(root, 'usr/bin/node'));
}

/** Name → steps, of the images of config/deploy. */
const NODE = { 'docker.io/library/node:24-bookworm-slim': 'node' };
const OTHERS = {
  'docker.io/library/postgres:15-bookworm': 'postgres',
  'docker.io/library/redis:7-bookworm': 'redis',
  'docker.io/library/haproxy:2.8-bookworm': 'haproxy',
};

/** @param {string} folder of the run @param {string} home of Node 24 @param {boolean} withServices those that the compose file names */
export async function makeBaseImages(folder, home, withServices) {
  const root = path.join(folder, 'root');
  await fill(root, withServices ? [...SYSTEM, ...SERVICES] : SYSTEM);
  addNode(folder, home);
  const steps = inCheckout('scripts/deployment/images');
  await build(path.join(steps, 'base.containerfile'), 'localhost/signpost-base', root);
  for (const [name, file] of Object.entries({ ...NODE, ...(withServices ? OTHERS : {}) }))
    await build(path.join(steps, `${file}.containerfile`), name, steps);
}

/** As everybody builds it; only what a registry and a compiler would give comes from this machine. @param {string} folder @param {string} compiled better_sqlite3.node */
export async function buildImage(folder, compiled) {
  const given = path.join(folder, 'given');
  const release = path.join(given, 'build/Release');
  mkdirSync(release, { recursive: true });
  cpSync(compiled, path.join(release, 'better_sqlite3.node'));
  const { version } = /** @type {{ version: string }} */ (
    readJson(inCheckout('node_modules/better-sqlite3/package.json'))
  );
  await must(
    'tar',
    '-C',
    given,
    '-czf',
    path.join(given, `better-sqlite3-v${version}-node-v137-linux-x64.tar.gz`),
    'build',
  );
  writeFileSync(path.join(given, 'prebuild-installrc'), '{"local-prebuilds":"/given"}');
  await writeNpmSettings(given);
  const cache = (await must('npm', 'config', 'get', 'cache')).split('\n').at(-1) ?? '';
  mkdirSync(cache, { recursive: true });
  const mounts = [
    `${given}:/given:ro`,
    `${given}/npmrc:/usr/local/etc/npmrc:ro`,
    `${given}/prebuild-installrc:/etc/prebuild-installrc:ro`,
    `${cache}:/root/.npm:O`,
  ];
  const volumes = mounts.flatMap((mount) => ['-v', mount]);
  // Keeping what each step made takes longer than the steps.
  const how = ['--format', 'docker', '--layers=false', '--network=host', ...volumes];
  return run('podman', ['build', ...how, '-f', 'config/deploy/Containerfile', '-t', 'signpost', '.']);
}

/** The registry that this machine asks, and the certificates that it believes. @param {string} given */
async function writeNpmSettings(given) {
  const registry = (await must('npm', 'config', 'get', 'registry')).split('\n').at(-1) ?? '';
  const authorities = process.env['NODE_EXTRA_CA_CERTS'] ?? '/etc/ssl/certs/ca-certificates.crt';
  const settings = [`registry=${registry}`, 'prefer-offline=true'];
  if (existsSync(authorities)) {
    writeFileSync(path.join(given, 'authorities.pem'), readFileSync(authorities));
    settings.push('cafile=/given/authorities.pem');
  }
  writeFileSync(path.join(given, 'npmrc'), `${settings.join('\n')}\n`);
}
