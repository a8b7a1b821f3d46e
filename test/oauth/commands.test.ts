import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AppSignIns } from '../../src/features/oauth/index.js';
import { CryptoModule } from '../../src/platform/crypto/crypto.module.js';
import type { AccountId } from '../../src/shared/ids.js';
import { Resident } from '../pages/signed-in.js';
import { TestBroker } from '../support/broker.js';
import { buildBefore, removeFolder, temporaryFolder } from '../support/child-broker.js';
import {
  endCommandsAfter,
  signpost as inOneProcess,
  signpostProcess,
  type Said,
} from '../support/command.js';
import { codeFlow, discovered, followClock, PUBLIC_URL, SITE_REDIRECT } from '../support/oauth.js';
import * as oidc from 'openid-client';

buildBefore();
endCommandsAfter();

let broker: TestBroker | undefined;
let elsewhere = '';
const running = (): TestBroker => broker!;

beforeAll(async () => {
  broker = await TestBroker.start({ PUBLIC_URL });
  elsewhere = temporaryFolder();
});
afterAll(async () => {
  await broker?.remove();
  removeFolder(elsewhere);
});
followClock(running);

/** Beside the broker, on its data. */
const signpost = (args: readonly string[], dataDir = running().dataDir): Promise<Said> =>
  inOneProcess(args, { DATA_DIR: dataDir, PUBLIC_URL });

test('a site that the operator adds is known to a running broker, and unknown once it is removed', async () => {
  const added = await signpost([
    'client',
    'add',
    'forum',
    '--name',
    'The Forum',
    '--redirect',
    SITE_REDIRECT,
  ]);
  expect(added).toMatchObject({ code: 0, stderr: expect.not.stringContaining('signpost:') });
  const secret = /client secret: {2}([0-9a-f]{64})\n/.exec(added.stdout)?.[1] ?? '';
  expect(added.stdout).toContain(`issuer:         ${PUBLIC_URL}/oidc`);
  const listed = await signpost(['client', 'list']);
  expect(listed.stdout).toBe(`forum  (The Forum)\n  redirect ${SITE_REDIRECT}\n`);
  expect(listed.stdout).not.toContain(secret);
  const ann = await Resident.of(running(), 'ann');
  const site = await discovered(running(), 'forum', oidc.ClientSecretBasic(secret));
  await codeFlow(site, ann.browser, { redirect_uri: SITE_REDIRECT, scope: 'openid' });
  const signIns = (): Promise<unknown[]> =>
    running()
      .app.get(AppSignIns)
      .of(ann.person.id as AccountId);
  expect(await signIns()).toHaveLength(1);
  expect(await signpost(['client', 'remove', 'forum'])).toMatchObject({ code: 0 });
  expect(await signIns()).toEqual([]);
  const gone = await fetch(`${running().url}/oidc/authorize?client_id=forum`);
  expect([gone.status, await gone.text()]).toEqual([400, expect.stringContaining('invalid_client')]);
  expect((await signpost(['client', 'list'])).stdout).toBe('No site is registered.\n');
});

test.each([
  [['client', 'add'], 64, 'needs one id'],
  [['client', 'add', 'x', '--callback', 'y'], 64, 'callback'],
  [['client', 'frob'], 64, 'there is no "frob"'],
  [['client', 'remove'], 64, 'takes one id'],
  [['client', 'add', 'Bad Id', '--redirect', SITE_REDIRECT], 65, 'id: needs'],
  [['client', 'add', 'none'], 65, 'redirect: is needed'],
  [['client', 'add', 'clear', '--redirect', 'http://forum.example/cb'], 65, 'must start with https'],
  [['client', 'add', 'star', '--redirect', 'https://*.forum.example/cb'], 65, 'whole address'],
  [['client', 'add', 'user', '--redirect', 'https://a@forum.example/cb'], 65, 'user name'],
  [
    ['client', 'add', 'dots', '--redirect', 'https://forum.example/a/../cb'],
    65,
    'write it as https://forum.example/cb',
  ],
  [['client', 'add', 'signpost-device', '--redirect', SITE_REDIRECT], 65, 'already'],
  [['client', 'remove', 'nobody'], 65, 'There is no client "nobody"'],
  [['keys'], 64, 'can only rotate'],
])('%j ends with %d and says why', async (args, code, why) => {
  const done = await signpost(args);
  expect([done.code, done.stdout]).toEqual([code, '']);
  expect(done.stderr).toContain(why);
});

test('without a database, commands say so and make none', async () => {
  const done = await signpost(['client', 'list'], elsewhere);
  expect([done.code, done.stdout]).toEqual([69, '']);
  expect(done.stderr).toContain('There is no database');
});

/** What a site finds at a broker. */
async function published({ url }: TestBroker): Promise<string[]> {
  const answer = await fetch(`${url}/oidc/jwks`);
  return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid).sort();
}

test('rotated keys are published by a running broker before they sign', async () => {
  const before = await published(running());
  // The child has the machine's clock, which is ahead of the test's.
  const done = await signpost(['keys', 'rotate']);
  expect([done.code, done.stderr]).toEqual([0, '']);
  expect(done.stdout).toContain('They sign from 20');
  await running().app.get(CryptoModule).takeNewKeys();
  const after = await published(running());
  expect(after).toHaveLength(4);
  expect(after).toEqual(expect.arrayContaining(before));
  expect(await signpost(['keys', 'rotate'])).toMatchObject({
    code: 69,
    stderr: expect.stringContaining('under way'),
  });
});

test('each command has help', async () => {
  for (const args of [['help'], ['help', 'client'], ['client', '--help'], ['keys', '-h']]) {
    const { code, stdout } = await signpostProcess(args, { DATA_DIR: elsewhere });
    expect([code, stdout]).toEqual([0, expect.stringContaining('Usage:')]);
  }
});
