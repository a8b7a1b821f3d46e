import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { buildBefore, ChildBroker, removeFolder, temporaryFolder } from '../support/child-broker.js';
import { signpostProcess } from '../support/command.js';

buildBefore();

let folder = '';
const running: ChildBroker[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const broker of running.splice(0)) await broker.kill();
  removeFolder(folder);
});

async function started(environment: Record<string, string> = {}): Promise<ChildBroker> {
  const broker = await ChildBroker.start(folder, environment);
  running.push(broker);
  return broker;
}

test('words behind `signpost serve` are refused instead of passed over: settings come from the environment', async () => {
  const { code, stderr } = await signpostProcess(['serve', '--port', '80']);
  expect([code, stderr]).toEqual([64, expect.stringMatching(/--port[^]*Usage: signpost serve/)]);
});

/** Starts a broker that must not come up. */
async function refused(environment: Record<string, string> = {}): Promise<ChildBroker> {
  const broker = ChildBroker.spawn(folder, environment);
  running.push(broker);
  await broker.ended;
  return broker;
}

const inData = (name: string): string => join(folder, 'data', name);

test('the first line is JSON and says where it listens; the bundle describes the API as its sources do', async () => {
  const broker = await started();
  expect(broker.listening).toMatchObject({ level: 'info', msg: 'listening' });
  expect(broker.listening.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  // PORT=0: none that a connection of somebody else may have by now.
  expect(Number(new URL(broker.url).port)).toBeLessThan(32_768);
  expect((await fetch(`${broker.url}/health/ready`)).status).toBe(200);
  expect((await fetch(`${broker.listening.opsUrl}/health/ready`)).status).toBe(200);
  expectOwnersOnly();
  await expectWholeDescription(broker);
});

/** The key ring is for its owner only, and so is the folder. */
function expectOwnersOnly(): void {
  expect(statSync(inData('keyring.json')).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  const ringFiles = readdirSync(join(folder, 'data')).filter((name) => name.startsWith('keyring'));
  expect(ringFiles.sort()).toEqual(['keyring.json', 'keyring.json.in-use']);
}

/** No class has lost its name in the bundle. */
async function expectWholeDescription(broker: ChildBroker): Promise<void> {
  const document = await (await fetch(`${broker.url}/api/v1/openapi.json`)).text();
  const written = readFileSync(inCheckout('docs/openapi.json'), 'utf8');
  const origins = /https:\/\/signpost\.example\.org|http:\/\/localhost:\d+/g;
  expect(JSON.parse(document.replaceAll(origins, 'ORIGIN'))).toEqual(
    JSON.parse(written.replaceAll(origins, 'ORIGIN')),
  );
}

test('every mistake in the settings is told at once, with exit code 78 and nothing made or opened', async () => {
  const broker = await refused({
    PORT: 'eighty',
    SIGN_UP: 'maybe',
    TRUST_PROXY: '0.0.0.0/0',
    LEGACY_MD5_LOGIN: 'yes',
  });
  expect(await broker.ended).toEqual({ code: 78, signal: null });
  expect(broker.stderr.split('\n').filter((line) => line.startsWith('  - '))).toEqual([
    expect.stringContaining('PORT must be a whole number'),
    expect.stringContaining('TRUST_PROXY would trust everybody'),
    expect.stringContaining('SIGN_UP must be one of: open, invite, closed'),
    expect.stringContaining('LEGACY_MD5_LOGIN must be true or false'),
  ]);
  expect(broker.stderr).not.toContain('    at ');
  expect(broker.lines).toEqual([]);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

test('settings come from .env, and the environment outranks it', async () => {
  writeFileSync(
    join(folder, '.env'),
    'PUBLIC_URL=https://from-file.example\nSIGN_UP=closed\nDATA_DIR=elsewhere\n',
  );
  const broker = await started({ SIGN_UP: '' });
  expect(broker.listening.publicUrl).toBe('https://from-file.example');
  expect(existsSync(inData('signpost.sqlite'))).toBe(true);
});

test('a .env that cannot be read is a mistake in the settings too', async () => {
  mkdirSync(join(folder, '.env'));
  const broker = await refused();
  expect(await broker.ended).toEqual({ code: 78, signal: null });
  expect(broker.stderr).toContain('the file .env cannot be read');
});

test('a port that is in use is told in words', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const broker = await refused({ PORT: String(port) });
  other.close();
  expect((await broker.ended).code).toBe(69);
  expect(broker.stderr).toContain(`127.0.0.1:${port}: another program uses this port. Set PORT or OPS_PORT.`);
  expect(broker.stderr).not.toContain('    at ');
  expect(broker.lines.join()).not.toContain('listening');
});

test('a second process on the same data folder is refused while the first lives, and only then (R-16)', async () => {
  const first = await started();
  const second = await refused();
  expect((await second.ended).code).toBe(69);
  expect(second.stderr).toBe(
    `Another Signpost process uses the data folder ${join(folder, 'data')}. Stop it first, or set another DATA_DIR.\n`,
  );
  expect((await fetch(`${first.url}/health/ready`)).status).toBe(200);
  await first.kill();
  const third = await started();
  expect((await fetch(`${third.url}/health/ready`)).status).toBe(200);
});

test('a damaged database file ends the start with a message, before it listens', async () => {
  mkdirSync(join(folder, 'data'));
  writeFileSync(
    inData('signpost.sqlite'),
    'no database at all, and longer than the hundred bytes of a header'.repeat(3),
  );
  const broker = await refused();
  expect((await broker.ended).code).toBe(69);
  expect(broker.stderr).toMatch(
    /^The database file \S+signpost\.sqlite cannot be used: .* It was left as it is/,
  );
  expect(broker.stderr).not.toContain('    at ');
  expect(broker.lines.join()).not.toContain('listening');
});
