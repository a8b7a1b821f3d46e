/** config/deploy/compose.yaml with secrets, key ring and certificate of this run. */
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inCheckout } from '../lib/checkout.mjs';
import { run } from '../lib/child.mjs';
import { Stop } from '../lib/say.mjs';
import { asker } from './ask.mjs';
import { ALONE } from './image.mjs';
import { expect, must, podman, until } from './podman.mjs';

const HOST = 'signpost.example.org';
const PASSWORD = 'correct horse battery staple';
/** Owners in the images: the broker, HAProxy. */
const BROKER = 1000;
const HAPROXY = 99;

/** What a machine for tests may not have as many of. @type {Record<string, [string, string]>} */
const FEWER = {
  'compose.yaml': ['nofile: 41000', 'nofile: 8192, nproc: 4096'],
};

/** @param {string} file @param {string} content @param {number} owner */
function secret(file, content, owner) {
  writeFileSync(file, content);
  chmodSync(file, 0o400);
  chownSync(file, owner, owner);
}

/** @param {string} folder of the run @returns {Promise<string>} a copy of config/deploy with all that its comments ask for */
async function prepare(folder) {
  const deploy = path.join(folder, 'deploy');
  cpSync(inCheckout('config/deploy'), deploy, { recursive: true });
  for (const [name, [from, to]] of Object.entries(FEWER)) {
    const text = readFileSync(path.join(deploy, name), 'utf8');
    expect(text.includes(from), `${name} says "${from}"`);
    writeFileSync(path.join(deploy, name), text.replace(from, to));
  }
  const secrets = path.join(deploy, 'secrets');
  mkdirSync(secrets);
  const password = randomBytes(32).toString('hex');
  secret(path.join(secrets, 'database-password'), `${password}\n`, 0);
  secret(path.join(secrets, 'database-url'), `postgres://signpost:${password}@postgres/signpost\n`, BROKER);
  secret(path.join(secrets, 'smtp-url'), 'smtp://signpost:password@mail.example.org:587\n', BROKER);
  // "Start one broker once": the image was.
  const volume = await podman('volume', 'inspect', '--format', '{{.Mountpoint}}', ALONE);
  const ring = readFileSync(path.join(volume, 'keyring.json'), 'utf8');
  secret(path.join(secrets, 'keyring.json'), ring, BROKER);
  secret(path.join(deploy, 'signpost.pem'), await certificate(folder), HAPROXY);
  return deploy;
}

/** @param {string} folder of the run @returns {Promise<string>} with its key, as HAProxy wants it */
async function certificate(folder) {
  const [key, issued] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await must('openssl', 'req', ...kind, ...subject, '-keyout', key, '-out', issued);
  return readFileSync(issued, 'utf8') + readFileSync(key, 'utf8');
}

/** @param {string} folder of the run */
export async function compose(folder) {
  const deploy = await prepare(folder);
  // What podman-compose leaves out, see compose.yaml.
  await podman('network', 'create', '--internal', '--subnet', '172.30.95.0/24', 'signpost_inside');
  const file = ['-p', 'signpost', '-f', path.join(deploy, 'compose.yaml')];
  try {
    await must('podman-compose', ...file, 'up', '-d', '--no-build');
    await use(path.join(folder, 'certificate.pem'));
  } catch (error) {
    throw error instanceof Stop ? new Stop(`${await logs()}\nsignpost: ${error.message}`) : error;
  }
  await must('podman-compose', ...file, 'down', '-v');
  const left = await podman('ps', '-a', '--format', '{{.Names}}');
  expect(!left.includes('signpost_'), 'nothing is left after "down"');
  return 'two nodes, HAProxy, PostgreSQL, Redis: sign-up, sign-in and list by HTTPS; a node stops and none fails; it comes back';
}

/** @param {string} certificate file */
async function use(certificate) {
  const ask = asker(HOST, certificate);
  await until('the front page by HTTPS', async () => (await ask('/')).status === 200);
  expect((await ask('/health/ready')).status === 404, 'health checks stay inside');
  const network = await ask('/service/ip');
  expect(
    network.status === 200 && !network.text.includes('172.30.95.'),
    `the broker takes the address from the proxy: ${network.text}`,
  );
  const given = { userName: 'alice', email: 'alice@example.org', rawpw: PASSWORD };
  const signedUp = await ask('/service/register', { form: given });
  expect(signedUp.status === 200 && signedUp.text.includes('"SUCCESS"'), `sign-up: ${signedUp.text}`);
  const token = await operatorsToken(ask);
  const list = async () => {
    const { status, text } = await ask('/service/servers', { headers: { 'X-Connect-UserToken': token } });
    expect(status === 200 && text === '[]', `the list: ${status} ${text}`);
    return true;
  };
  await bothServe(list);
  await stops('signpost_node1_1', list);
  await podman('start', 'signpost_node1_1');
  await until('HAProxy finds the node again', () => servesMore('signpost_node1_1', list));
  await stops('signpost_node2_1', list);
}

/** The first operator, by the link in the log of a node: mail goes nowhere here. @param {ReturnType<typeof asker>} ask */
async function operatorsToken(ask) {
  const account = {
    userName: 'olga',
    email: 'olga@example.org',
    password: PASSWORD,
    newPasswordAgain: PASSWORD,
  };
  await until('the operator is made by the link in a log', async () => {
    const said = `${await log('signpost_node1_1')}${await log('signpost_node2_1')}`;
    for (const [, token = ''] of said.matchAll(/\/setup\?token=([0-9a-f]+)/g)) {
      if ((await ask('/setup', { form: { ...account, token } })).status < 400) return true;
    }
    return false;
  });
  const form = { nameOrEmail: 'olga', rawpw: PASSWORD };
  const signedIn = await ask('/service/user/authenticate', { form });
  expect(signedIn.status === 200, `sign-in: ${signedIn.status} ${signedIn.text}`);
  return String(/"AccessToken":"([^"]+)"/.exec(signedIn.text)?.[1]);
}

/** @param {string} container */
const log = async (container) => (await run('podman', ['logs', container])).output;
/** @param {string} container @returns {Promise<number>} lists that it was asked for */
const served = async (container) => (await log(container)).split('"path":"/service/servers"').length - 1;

/** @param {string} container @param {() => Promise<boolean>} list */
async function servesMore(container, list) {
  const before = await served(container);
  for (let index = 0; index < 4; index += 1) await list();
  return (await served(container)) > before;
}

/** @param {() => Promise<boolean>} list */
async function bothServe(list) {
  for (const node of ['signpost_node1_1', 'signpost_node2_1']) {
    await until(`${node} gets its share`, () => servesMore(node, list));
  }
}

/** Asks all the while. @param {string} container @param {() => Promise<boolean>} list */
async function stops(container, list) {
  const asking = new AbortController();
  const stopping = podman('stop', '-t', '60', container).finally(() => asking.abort());
  // As a person with many devices would, not as a flood, which is limited.
  while (!asking.signal.aborted) {
    await list();
    await sleep(100);
  }
  await stopping;
  for (let asked = 0; asked < 10; asked += 1) await list();
  const code = await podman('inspect', '--format', '{{.State.ExitCode}}', container);
  expect(code === '0', `${container} ends with 0, not ${code}`);
}

/** @returns {Promise<string>} */
async function logs() {
  const names = (await podman('ps', '-a', '--format', '{{.Names}}'))
    .split('\n')
    .filter((name) => name !== '');
  const parts = await Promise.all(
    names.map(async (name) => `── ${name} ──\n${(await log(name)).split('\n').slice(-15).join('\n')}`),
  );
  return `${await podman('ps', '-a')}\n${parts.join('\n')}`;
}
