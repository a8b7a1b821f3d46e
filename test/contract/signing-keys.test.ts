import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.js';
import { CryptoModule, keyTables } from '../../src/platform/crypto/crypto.module.js';
import { readKeyRing } from '../../src/platform/crypto/key-ring-file.js';
import { KeyRing } from '../../src/platform/crypto/key-ring.js';
import { newSigningKeys, type KeptSigningKey } from '../../src/platform/crypto/signing-key.js';
import { SigningKeyRotation } from '../../src/platform/crypto/signing-key-rotation.js';
import { SigningKeys } from '../../src/platform/crypto/signing-keys.js';
import { SigningKeysRepository } from '../../src/platform/crypto/signing-keys.repository.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { StartupError } from '../../src/platform/startup-error.js';
import { DAY, MINUTE } from '../../src/shared/clock.js';
import { signIn } from '../api/app-token.js';
import { account } from '../connect/cast.js';
import { TestBroker } from '../support/broker.js';
import { eachKeptDatabase, type OpenDatabase } from '../support/databases.js';
import { FixedClock } from '../support/fixed-clock.js';
import { createDatabase, dropDatabase } from '../support/postgres.js';

const random = new SystemRandom();
/** RSA keys take long to make. */
const made = newSigningKeys(new FixedClock().now(), random);
const idsOf = (keys: readonly { id: string }[]): string[] => keys.map(({ id }) => id).sort();

eachKeptDatabase('signing keys', keyTables, (open) => {
  let folder = '';
  let clock = new FixedClock();
  let database: OpenDatabase;
  const file = (): string => join(folder, 'keyring.json');

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'signpost-keys-'));
    clock = new FixedClock();
    database = await open();
    readKeyRing(file(), true, random);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What a node has, with its own copy of the key ring. */
  function node(ring = file()): SigningKeyRotation {
    const { unitOfWork } = database;
    const keys = new KeyRing(readKeyRing(ring, false, random), random);
    const repository = new SigningKeysRepository(unitOfWork, keys);
    return new SigningKeyRotation(repository, clock, random, loadConfig({ KEY_RING_FILE: ring }));
  }
  /** As an earlier version left it, or another copy of it. */
  function withSigning(name: string, signing: readonly object[]): string {
    const ring = JSON.parse(readFileSync(file(), 'utf8')) as object;
    writeFileSync(join(folder, name), JSON.stringify({ ...ring, signing }));
    return join(folder, name);
  }
  const rows = (): Promise<{ id: string; sealed: string }[]> =>
    database.unitOfWork.reading.query('SELECT id, sealed FROM signing_keys');
  const perform = (statement: string): Promise<unknown> =>
    database.unitOfWork.run(() => database.unitOfWork.writing.query(statement));

  test('are made once, by whichever node starts first, and are in clear nowhere (S-54)', async () => {
    const started = await Promise.all([node().atStart(), node().atStart()]);
    expect(started[0].map(({ algorithm }) => algorithm).sort()).toEqual(['ES256', 'RS256']);
    for (const keys of started) expect(idsOf(keys)).toEqual(idsOf(started[0]));
    expect(idsOf(await node().atStart())).toEqual(idsOf(started[0]));
    expect(JSON.stringify(await rows())).not.toContain('PRIVATE KEY');
    expect(readFileSync(file(), 'utf8')).not.toContain('PRIVATE KEY');
  });

  test('that stand in the file of a key ring go on: the same ids, the same keys, each copy’s own too', async () => {
    const since = await made;
    clock.advance(80 * DAY);
    const rotated = await newSigningKeys(clock.now() - DAY, random, ['ES256']);
    const old = withSigning('old.json', since);
    const copied = withSigning('copied.json', [...since, ...rotated]);
    expect(idsOf(await node(old).atStart())).toEqual(idsOf(since));
    const keys = await node(copied).atStart();
    expect(idsOf(keys)).toEqual(idsOf([...since, ...rotated]));
    const token = Buffer.from('a token');
    for (const { id, privateKey } of [...since, ...rotated] as KeptSigningKey[]) {
      const { publicKey } = keys.find((key) => key.id === id)!;
      expect(verify('sha256', token, publicKey, sign('sha256', token, privateKey))).toBe(true);
    }
    expect(new SigningKeys(keys, clock).active('ES256').id).toBe(rotated[0]!.id);
    expect(idsOf(await node(old).all())).toEqual(idsOf(keys));
  });

  test('of which the file has a part are completed', async () => {
    const half = (await made).filter(({ algorithm }) => algorithm === 'RS256');
    const keys = await node(withSigning('half.json', half)).atStart();
    expect(keys.map(({ algorithm }) => algorithm).sort()).toEqual(['ES256', 'RS256']);
    expect(idsOf(keys)).toContain(half[0]!.id);
  });

  test('are rotated: new ones sign after the overlap, old ones verify on, are dropped the time after, and never come back', async () => {
    const ring = withSigning('ring.json', await made);
    const first = idsOf(await node(ring).atStart());
    expect(await node(ring).rotate()).toBe(clock.now() + DAY);
    const keys = new SigningKeys(await node(ring).all(), clock);
    expect(keys.all).toHaveLength(4);
    expect(first).toContain(keys.active('ES256').id);
    clock.advance(DAY);
    expect(first).not.toContain(keys.active('ES256').id);
    expect(first).not.toContain(keys.active('RS256').id);
    expect(first.every((id) => keys.find(id) !== null)).toBe(true);
    clock.advance(DAY + 1);
    await node(ring).rotate();
    const left = idsOf(await node(ring).all());
    expect(left).toHaveLength(4);
    expect(left.filter((id) => first.includes(id))).toEqual([]);
    expect(idsOf(await node(ring).atStart())).toEqual(left);
  });

  test('are rotated once, however many nodes find them old, and not again until they sign', async () => {
    const ring = withSigning('ring.json', await made);
    await node(ring).atStart();
    clock.advance(90 * DAY);
    const done = await Promise.all([1, 2].map(() => node(ring).rotate(90 * DAY)));
    expect(done.filter((from) => from !== null)).toEqual([clock.now() + DAY]);
    expect(await node(ring).rotate()).toBeNull();
    expect(await node(ring).all()).toHaveLength(4);
  });

  test('that are damaged, or sealed by another key ring, are refused at the start and left as they are', async () => {
    await node(withSigning('ring.json', await made)).atStart();
    const good = await rows();
    readKeyRing(join(folder, 'other.json'), true, random);
    await expect(node(join(folder, 'other.json')).atStart()).rejects.toThrow(/do not open with the key ring/);
    const [one, other] = good;
    await perform(`UPDATE signing_keys SET sealed = '${other!.sealed}' WHERE id = '${one!.id}'`);
    await expect(node().atStart()).rejects.toThrow(StartupError);
    expect(await rows()).toHaveLength(2);
  });

  test('that are damaged in the file are refused, without quoting one', async () => {
    const [ec] = await newSigningKeys(clock.now(), random, ['ES256']);
    const damages: readonly object[][] = [
      [{ ...ec, privateKey: '-----BEGIN PRIVATE KEY-----\nnonsense' }],
      [{ ...ec, algorithm: 'RS256' }],
      [{ ...ec, id: '../elsewhere' }],
      [ec!, ec!],
    ];
    for (const signing of damages) {
      const refused = node(withSigning('bad.json', signing)).atStart();
      await expect(refused).rejects.toThrow(/are damaged\. It was left as it is/);
      await expect(refused).rejects.not.toThrow(/nonsense/);
    }
    expect(await rows()).toEqual([]);
  });
});

test('a clock that was set back leaves one that signs (R-27)', () => {
  const clock = new FixedClock();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = createPublicKey(privateKey);
  const key = { id: 'a', algorithm: 'ES256', activeFrom: clock.now(), privateKey, publicKey } as const;
  clock.advance(-400 * DAY);
  expect(new SigningKeys([key], clock).active('ES256').id).toBe('a');
});

const isHere = Boolean(process.env['TEST_DATABASE_URL']) && Boolean(process.env['TEST_REDIS_URL']);
(isHere ? describe : describe.skip)('two nodes', () => {
  const nodes: TestBroker[] = [];
  let database = '';
  beforeAll(async () => {
    database = await createDatabase();
    const shared = {
      DATABASE_URL: database,
      REDIS_URL: process.env['TEST_REDIS_URL'] ?? '',
      NODES: '2',
      PUBLIC_URL: 'http://signpost.test',
    };
    const first = await TestBroker.start(shared);
    nodes.push(first);
    // Each has a file of its own; signing keys are in one of them at most.
    const ring = JSON.parse(readFileSync(join(first.dataDir, 'keyring.json'), 'utf8')) as object;
    const copy = join(first.dataDir, 'copy.json');
    writeFileSync(copy, JSON.stringify({ ...ring, signing: undefined }));
    nodes.push(await TestBroker.start({ ...shared, KEY_RING_FILE: copy }));
  });
  afterAll(async () => {
    for (const node of nodes.toReversed()) await node.remove();
    await dropDatabase(database);
  });

  const each = <T>(act: (node: TestBroker) => Promise<T>): Promise<T[]> => Promise.all(nodes.map(act));
  const move = (ms: number): void => nodes.forEach(({ clock }) => clock.advance(ms));
  const signing = (): string[] => nodes.map(({ app }) => app.get(SigningKeys).active('ES256').id);
  /** What a site finds. */
  async function published({ url }: TestBroker): Promise<string[]> {
    const answer = await fetch(`${url}/oidc/jwks`);
    return idsOf(((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid: id }) => ({ id })));
  }
  const accepted = (token: string): Promise<number[]> =>
    each(async ({ url }) => {
      const headers = { Authorization: `Bearer ${token}` };
      return (await fetch(`${url}/api/v1/servers`, { headers })).status;
    });

  test('make new keys once, when they are old; both publish them before either signs, and no token is lost (S-55)', async () => {
    const [one, other] = nodes as [TestBroker, TestBroker];
    const before = await published(other);
    const [old] = signing();
    expect([before, signing()]).toEqual([await published(one), [old, old]]);
    move(91 * DAY);
    await each(({ app }) => app.get(CryptoModule).tendSigningKeys());
    await each(({ app }) => app.get(CryptoModule).takeNewKeys());
    const now = await published(one);
    expect([now.length, await published(other), signing()]).toEqual([4, now, [old, old]]);
    expect(now).toEqual(expect.arrayContaining(before));

    move(DAY - MINUTE);
    const person = await account(one, 'ann');
    const { token: last } = await signIn(one, person);
    move(2 * MINUTE);
    const [fresh] = signing();
    expect([signing(), before.includes(fresh!)]).toEqual([[fresh, fresh], false]);
    const { token: first } = await signIn(other, person);
    expect([await accepted(last), await accepted(first)]).toEqual([
      [200, 200],
      [200, 200],
    ]);
  });
});
