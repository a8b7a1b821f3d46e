import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.js';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanariesRepository } from '../../src/platform/crypto/key-canaries.repository.js';
import type { KeyRing } from '../../src/platform/crypto/key-ring.js';
import { openKeyRing } from '../../src/platform/crypto/open-key-ring.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { StartupError } from '../../src/platform/startup-error.js';
import { eachKeptDatabase, type OpenDatabase } from '../support/databases.js';

const random = new SystemRandom();

interface RingFile {
  version: number;
  keys: { id: string; use: string; secret: string }[];
}

eachKeptDatabase('the key ring at start', keyTables, (open) => {
  let folder = '';
  let database: OpenDatabase;
  const file = (): string => join(folder, 'keyring.json');
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'signpost-ring-'));
    database = await open();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const openRing = (keyRingFile = file()): Promise<KeyRing> =>
    openKeyRing(
      loadConfig({ KEY_RING_FILE: keyRingFile, DATA_DIR: join(folder, 'data') }),
      new KeyCanariesRepository(database.unitOfWork),
      random,
    );
  const ringInFile = (): RingFile => JSON.parse(readFileSync(file(), 'utf8')) as RingFile;
  const write = (ring: RingFile): void => writeFileSync(file(), JSON.stringify(ring));

  async function refusal(): Promise<string> {
    const before = existsSync(file()) ? readFileSync(file()) : null;
    const error = await openRing().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartupError);
    if (before === null) expect(existsSync(file())).toBe(false);
    else expect(readFileSync(file()).equals(before)).toBe(true);
    return (error as Error).message;
  }

  test('is made on the first start, whole, for its owner only, and found again', async () => {
    const sealed = (await openRing()).seal('text', ['here']);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['keyring.json', 'keyring.json.in-use']);
    expect((await openRing()).open(sealed, ['here'])).toBe('text');
  });

  test('that was used refuses an empty database, which is a lost one, until somebody says otherwise (D1)', async () => {
    await openRing();
    await database.unitOfWork.run(() => database.unitOfWork.writing.query('DELETE FROM key_canaries'));
    expect(await refusal()).toMatch(/The database is empty, but the key ring .* was used with one before/);
    rmSync(`${file()}.in-use`);
    await expect(openRing()).resolves.toBeDefined();
  });

  test('that is a mounted secret refuses an empty database too: that it was used stands in DATA_DIR (D1)', async () => {
    // Nobody makes a file there, not even root.
    symlinkSync('/sys/nothing', `${file()}.in-use`);
    await openRing();
    await database.unitOfWork.run(() => database.unitOfWork.writing.query('DELETE FROM key_canaries'));
    expect(await refusal()).toMatch(/The database is empty, .* remove \S+data\/keyring\.in-use\.$/);
    rmSync(join(folder, 'data', 'keyring.in-use'));
    await expect(openRing()).resolves.toBeDefined();
  });

  test('that was made in a start that died before its first data is simply used', async () => {
    await openRing();
    rmSync(`${file()}.in-use`);
    await database.unitOfWork.run(() => database.unitOfWork.writing.query('DELETE FROM key_canaries'));
    await expect(openRing()).resolves.toBeDefined();
    expect(readdirSync(folder).sort()).toEqual(['keyring.json', 'keyring.json.in-use']);
  });

  test('that is missing is never made anew over data', async () => {
    await openRing();
    rmSync(file());
    expect(await refusal()).toContain('is missing, but the database was written with one');
  });

  test.each([
    ['is empty', () => ''],
    ['is cut short', (text: string) => text.slice(0, 100)],
    ['is of another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['has a key that is too short', (text: string) => text.replace(/[0-9a-f]{32}"/, '"')],
    ['has no key of a use', (text: string) => text.replaceAll('pepper', 'encrypt')],
    ['has two keys of one id', (text: string) => text.replace('mac-1', 'pepper-1')],
  ])('that %s is called damaged, kept, and its content not repeated', async (_, damage) => {
    await openRing();
    const text = readFileSync(file(), 'utf8');
    writeFileSync(file(), damage(text));
    const message = await refusal();
    expect(message).toContain('is damaged or of another version. It was left as it is');
    for (const { secret } of (JSON.parse(text) as RingFile).keys)
      expect(message).not.toContain(secret.slice(0, 16));
    // On an empty database too: it is somebody's ring.
    await database.unitOfWork.run(() => database.unitOfWork.writing.query('DELETE FROM key_canaries'));
    await refusal();
  });

  test('of another broker is refused, by the name of the key', async () => {
    await openRing();
    const { keys } = ringInFile();
    write({
      version: 1,
      keys: keys.map((key) => (key.use === 'mac' ? { ...key, secret: random.hex(32) } : key)),
    });
    expect(await refusal()).toMatch(/does not fit the database \(key mac-1\)/);
  });

  test('that lacks a key the data was written with is refused', async () => {
    await openRing();
    const { keys } = ringInFile();
    write({ version: 1, keys: [...keys, { id: 'encrypt-2', use: 'encrypt', secret: random.hex(32) }] });
    await openRing();
    write({ version: 1, keys });
    expect(await refusal()).toMatch(/does not fit the database \(key encrypt-2\)/);
  });

  test('that has a new key writes with that and still opens what the old one sealed (S-55)', async () => {
    const old = (await openRing()).seal('text', ['here']);
    const { keys } = ringInFile();
    write({ version: 1, keys: [...keys, { id: 'encrypt-2', use: 'encrypt', secret: random.hex(32) }] });
    const ring = await openRing();
    expect(ring.open(old, ['here'])).toBe('text');
    expect(ring.seal('text', ['here'])).toMatch(/^encrypt-2\./);
  });

  test('that cannot be read or made is told by name', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const below = join(folder, 'a-file', 'keyring.json');
    await expect(openRing(below)).rejects.toThrow(/The key ring .*a-file\/keyring\.json cannot be/);
    await expect(openRing(folder)).rejects.toThrow(StartupError);
  });
});

test('of two processes that make the ring at once one wins, and the other says why it does not', async () => {
  const { readKeyRing } = await import('../../src/platform/crypto/key-ring-file.js');
  const folder = mkdtempSync(join(tmpdir(), 'signpost-ring-'));
  const file = join(folder, 'keyring.json');
  const slow = new (class extends SystemRandom {
    // The other one comes in between.
    override hex(bytes: number): string {
      if (bytes === 4) readKeyRing(file, true, random);
      return super.hex(bytes);
    }
  })();
  expect(() => readKeyRing(file, true, slow)).toThrow(StartupError);
  expect(readKeyRing(file, false, random)).toHaveLength(3);
  expect(readdirSync(folder)).toEqual(['keyring.json']);
  rmSync(folder, { recursive: true, force: true });
});
