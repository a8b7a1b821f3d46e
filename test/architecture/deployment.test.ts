import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hierarchiesIn } from '../../scripts/deployment/enclosure.mjs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { settings } from '../../src/config/settings.js';
import { testWith } from '../support/programs.js';

const read = (file: string): string => readFileSync(inCheckout(file), 'utf8');
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, one = '']) => one);

const secrets = Object.values(settings).filter(({ secret }) => secret);
const known = new Set([
  ...Object.values(settings).map(({ name }) => name),
  ...secrets.map(({ name }) => `${name}_FILE`),
]);
const FOREIGN = new Set([
  ...['NODE_ENV', 'POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD_FILE'],
  // Of HAProxy: addresses of the nodes.
  ...['NODE1', 'NODE2'],
]);
const unknown = (names: string[]): string[] => names.filter((name) => !known.has(name) && !FOREIGN.has(name));

const compose = read('config/deploy/compose.yaml');
const containerfile = read('config/deploy/Containerfile');
const unit = read('config/deploy/signpost.service');

test('every setting that the examples for deployment name is one', () => {
  const inCompose = all(compose, /^ +([A-Z][A-Z0-9_]+): /gm);
  expect(inCompose.length).toBeGreaterThan(8);
  expect(unknown(inCompose)).toEqual([]);
  const units = ['signpost.service', 'signpost-secrets.conf']
    .map((file) => read(`config/deploy/${file}`))
    .join('\n');
  const inUnits = all(units, /^Environment=(.+)$/gm).flatMap((line) => all(line, /(?:^| )([A-Z_0-9]+)=/g));
  expect(inUnits.length).toBeGreaterThan(5);
  expect(unknown(inUnits)).toEqual([]);
  const inImage = all(containerfile, /^ENV (.+)$/gm).flatMap((line) => all(line, /(?:^| )([A-Z_0-9]+)=/g));
  expect(unknown(inImage)).toEqual([]);
  const mentioned = all(
    readdirSync(inCheckout('config/deploy'))
      .map((file) => read(`config/deploy/${file}`))
      .join('\n'),
    /\b((?:DRAIN|EVENT|OPS|DATA|KEY|LIMIT|TRUST|PUBLIC|LISTS)_[A-Z_]+)\b/g,
  );
  expect(unknown(mentioned)).toEqual([]);
});

test('the image copies what there is, is made in stages, and ends as nobody in particular', () => {
  const copied = all(containerfile, /^COPY (?!--from)(.+) \S+$/gm).flatMap((names) => names.split(' '));
  expect(copied.filter((name) => !existsSync(inCheckout(name)))).toEqual([]);
  expect(copied).toEqual(expect.arrayContaining(['src', 'scripts', 'package-lock.json']));
  // What the build and the broker read beside that: a new one must be copied too.
  const root = JSON.parse(read('tsconfig.build.json')) as { extends?: string };
  expect([root.extends, JSON.parse(read('package.json'))]).toMatchObject([
    './tsconfig.json',
    { bin: { signpost: 'dist/cli.js' } },
  ]);
  expect(all(containerfile, /^(FROM) /gm)).toHaveLength(2);
  const lines = containerfile.trim().split('\n');
  expect(lines.findLastIndex((line) => line.startsWith('USER 1000'))).toBeGreaterThan(
    lines.findLastIndex((line) => line.startsWith('RUN ')),
  );
  expect(containerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
  expect(containerfile).toMatch(/^ENTRYPOINT \["node", "dist\/cli\.js"\]\nCMD \["serve"\]$/m);
});

test('every service, network, volume and secret that the compose file uses is in it', () => {
  const section = (name: string): string[] => {
    const text = new RegExp(`^${name}:\\n((?: .*\\n|\\n)+)`, 'm').exec(compose)?.[1] ?? '';
    return all(text, /^ {2}([a-z0-9-]+):/gm);
  };
  const used = (key: string): string[] =>
    all(compose, new RegExp(`^ +${key}: \\[([^\\]]+)\\]`, 'gm')).flatMap((list) => list.split(', '));
  expect(section('services')).toEqual(['node1', 'node2', 'proxy', 'postgres', 'redis']);
  for (const key of ['networks', 'secrets']) {
    expect(new Set(used(key))).toEqual(new Set(section(key)));
  }
  expect(used('volumes').map((mount) => mount.replace(/^'(\w+):.*$/, '$1'))).toEqual(section('volumes'));
  expect(used('depends_on').filter((name) => !section('services').includes(name))).toEqual([]);
  expect(existsSync(inCheckout('config/deploy/haproxy.cfg'))).toBe(true);
});

test('the unit lets the threads that hash passwords step back, without which a sign-in would end the broker', () => {
  const filters = all(unit, /^SystemCallFilter=(.+)$/gm);
  expect(filters).toEqual(['@system-service', '~@privileged @resources', 'setpriority']);
});

test('systemd stops the broker no sooner than it drains', () => {
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
  const drain = Number(settings.drainDelay.fallback) + Number(settings.drainTimeout.fallback);
  expect(seconds).toBeGreaterThan(drain + 5);
  expect(Number(/^ {2}stop_grace_period: (\d+)s$/m.exec(compose)?.[1])).toBe(seconds);
});

testWith('systemd-analyze', 'systemd understands every line of the unit', (program) => {
  const folder = mkdtempSync(join(tmpdir(), 'signpost-unit-'));
  try {
    // Neither program nor manual need be on this machine.
    const here = unit.replace('/usr/bin/node', process.execPath).replace(/^Documentation=.*\n/m, '');
    writeFileSync(join(folder, 'signpost.service'), here);
    const verified = execFileSync(program, ['verify', '--man=no', join(folder, 'signpost.service')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(String(verified)).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a hierarchy of control groups is what is mounted as one, and nothing else in that folder', () => {
  const groups = '/sys/fs/cgroup';
  const one = `tmpfs ${groups} tmpfs rw,mode=755 0 0
cgroup ${groups}/memory cgroup rw,memory 0 0
cgroup ${groups}/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
tmpfs ${groups}/mine tmpfs rw 0 0
cgroup2 ${groups}/unified cgroup2 rw 0 0
cgroup /elsewhere/memory cgroup rw,memory 0 0
`;
  expect(hierarchiesIn(one)).toEqual([`${groups}/memory`, `${groups}/cpu,cpuacct`]);
  expect(hierarchiesIn(`cgroup2 ${groups} cgroup2 rw 0 0\n`)).toEqual([]);
  expect(hierarchiesIn(`cgroup ${groups}/systemd cgroup rw,name=systemd 0 0\n`)).toEqual([]);
});
