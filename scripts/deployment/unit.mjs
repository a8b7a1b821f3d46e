/** config/deploy/signpost.service and signpost-secrets.conf under a systemd of their own. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inCheckout } from '../lib/checkout.mjs';
import { Stop } from '../lib/say.mjs';
import { build, expect, NotHere, podman, until, within } from './podman.mjs';

const NAME = 'signpost-unit';
const PASSWORD = 'correct horse battery staple';

/** @param {string[]} command */
const on = (...command) => within(NAME, ...command);
/** @param {string} script @returns {Promise<string>} */
const sh = (script) => on('sh', '-c', script);
/** @param {string} property @returns {Promise<string>} */
const shown = (property) => on('systemctl', 'show', '-P', property, 'signpost');
/** @param {string} address @param {string} [options] JavaScript @returns {Promise<string>} status and body, asked on that machine: the broker listens on loopback */
const ask = (address, options = '{}') =>
  on(
    'node',
    '-e',
    `fetch('http://127.0.0.1:${address}', ${options}).then(async (a) => console.log(a.status, await a.text()))`,
  );
const isReady = async () => (await ask('9095/health/ready')).startsWith('200');

/** @param {string} folder of the run */
export async function unit(folder) {
  const steps = inCheckout('scripts/deployment/images/unit.containerfile');
  await build(steps, 'localhost/signpost-machine', inCheckout('config/deploy'));
  await podman(
    'run',
    '-d',
    '--name',
    NAME,
    '--systemd=always',
    '--privileged',
    '--network=none',
    'localhost/signpost-machine',
  );
  // With nothing of the project in it but files.
  await until('systemd runs', async () =>
    /^(running|degraded)$/m.test(await sh('systemctl is-system-running || true')),
  ).catch((/** @type {unknown} */ error) => {
    throw new NotHere(error instanceof Error ? error.message : String(error));
  });
  try {
    await install(folder);
    await runs();
    await stops();
  } catch (error) {
    const said = await sh(
      'systemctl status --no-pager -l signpost; journalctl -o cat --no-pager -n 40; true',
    );
    throw error instanceof Stop ? new Stop(`${said}\nsignpost: ${error.message}`) : error;
  }
  await podman('rm', '-f', '-t', '0', NAME);
  return 'ready, without rights, credentials, restarted after kill -9, sign-in, backup, stop → 0, code 78 is not tried again';
}

/** As the guide for operators says. @param {string} folder */
async function install(folder) {
  const deploy = inCheckout('config/deploy');
  await sh(
    'install -d -m 0700 /etc/signpost /etc/signpost/secrets && mkdir -p /etc/systemd/system/signpost.service.d',
  );
  await podman('cp', path.join(deploy, 'signpost.service'), `${NAME}:/etc/systemd/system/signpost.service`);
  await sh(
    "printf '%s\\n' PUBLIC_URL=https://signpost.example.org TRUST_PROXY=127.0.0.1 >/etc/signpost/signpost.env",
  );
  await sh(
    'umask 077; echo smtp://signpost:password@127.0.0.1:587 >/etc/signpost/secrets/smtp-url; echo a long passphrase for backups >/etc/signpost/secrets/backup-passphrase',
  );
  // "Keep the lines that you need": no PostgreSQL and no Redis here.
  const kept = readFileSync(path.join(deploy, 'signpost-secrets.conf'), 'utf8')
    .split('\n')
    .filter((line) => !/database|redis/i.test(line));
  expect(
    kept.filter((line) => line.startsWith('LoadCredential=')).length === 2,
    'signpost-secrets.conf has lines for mail and backups',
  );
  writeFileSync(path.join(folder, 'secrets.conf'), kept.join('\n'));
  await podman(
    'cp',
    path.join(folder, 'secrets.conf'),
    `${NAME}:/etc/systemd/system/signpost.service.d/secrets.conf`,
  );
  await on('systemctl', 'daemon-reload');
  const found = await sh('systemd-analyze verify --man=no signpost.service 2>&1');
  expect(found === '', `systemd understands the unit: ${found}`);
}

async function runs() {
  await on('systemctl', 'enable', '--now', 'signpost');
  await until('the unit is ready', isReady);
  const process = await sh('cat /proc/$(systemctl show -P MainPID signpost)/status');
  expect(!/^Uid:\s+(0|1000)\s/m.test(process), 'a user of its own, not root');
  expect(/^CapBnd:\s+0+$/m.test(process) && /^CapEff:\s+0+$/m.test(process), 'no capabilities');
  expect(
    /^NoNewPrivs:\s+1$/m.test(process) && /^Seccomp:\s+2$/m.test(process),
    'no new rights, and a filter of system calls',
  );
  expect((await sh('stat -L -c %a /var/lib/signpost')) === '700', 'the state is private');
  await rated();
  const before = await shown('MainPID');
  await on('systemctl', 'kill', '-s', 'KILL', 'signpost');
  await until(
    'systemd starts it again after kill -9',
    async () => !['0', before].includes(await shown('MainPID')) && (await isReady()),
  );
  expect((await shown('NRestarts')) === '1', 'once');
  await works();
}

async function rated() {
  // 10 is bare, 0 is nothing left; what the unit has is 1.1.
  await on('systemd-analyze', 'security', '--no-pager', '--threshold=20', 'signpost');
}

/** What needs threads, memory for passwords, native code and files. */
async function works() {
  const log = await sh('journalctl -u signpost -o cat --no-pager');
  // The last one: each start offers another.
  const token = [...log.matchAll(/\/setup\?token=([0-9a-f]+)/g)].at(-1)?.[1];
  const form = {
    token: String(token),
    userName: 'olga',
    email: 'olga@example.org',
    password: PASSWORD,
    newPasswordAgain: PASSWORD,
  };
  const post = (/** @type {Record<string, string>} */ fields) =>
    `{ method: 'POST', redirect: 'manual', headers: { Origin: 'https://signpost.example.org', Host: 'signpost.example.org' }, body: new URLSearchParams(${JSON.stringify(fields)}) }`;
  const made = await ask('8095/setup', post(form));
  expect(/^[23]/.test(made), `the operator's account: ${made}`);
  const signedIn = await ask(
    '8095/service/user/authenticate',
    post({ nameOrEmail: 'olga', rawpw: PASSWORD }),
  );
  expect(signedIn.startsWith('200') && signedIn.includes('AccessToken'), `sign-in: ${signedIn}`);
  await on(...GUIDE_COMMAND, 'backup', '--encrypt', '/var/lib/signpost/first.backup');
  expect((await sh('stat -c %a /var/lib/private/signpost/first.backup')) === '600', 'the backup is private');
}

/** As the guide has it. */
const GUIDE_COMMAND = [
  ...['systemd-run', '--unit=signpost-command', '--pipe', '--wait'],
  ...['-p', 'DynamicUser=yes', '-p', 'User=signpost', '-p', 'StateDirectory=signpost'],
  ...['-p', 'EnvironmentFile=/etc/signpost/signpost.env', '-p', 'Environment=DATA_DIR=/var/lib/signpost'],
  ...['-p', 'LoadCredential=backup-passphrase:/etc/signpost/secrets/backup-passphrase'],
  ...['-p', 'Environment=BACKUP_PASSPHRASE_FILE=/run/credentials/signpost-command.service/backup-passphrase'],
  ...['/usr/bin/node', '/opt/signpost/dist/cli.js'],
];

async function stops() {
  await on('systemctl', 'stop', 'signpost');
  expect(
    (await shown('Result')) === 'success' && (await shown('ExecMainStatus')) === '0',
    '"systemctl stop" ends it with 0',
  );
  await sh('echo PORT=none >>/etc/signpost/signpost.env; systemctl start signpost || true');
  // A unit that would be tried again is "activating".
  await until('wrong settings end it', async () => (await shown('ActiveState')) === 'failed');
  expect(
    (await shown('ExecMainStatus')) === '78' && (await shown('NRestarts')) === '0',
    'with code 78, and it is not tried again',
  );
}
