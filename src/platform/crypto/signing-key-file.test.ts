import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock } from '../../shared/clock.js';
import { StartupError } from '../startup-error.js';
import { readKeyRing } from './key-ring-file.js';
import { readSigningKeys, rotateSigningKeys } from './signing-key-file.js';
import { SigningKeys, type SigningKey } from './signing-keys.js';
import { SystemRandom } from './system-random.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SPANS = { overlapMs: DAY, keptMs: DAY };

class Hands extends Clock {
  time = 1_000_000 * DAY;
  override now(): number {
    return this.time;
  }
}

interface Ring {
  signing?: { id: string; algorithm: string; privateKey: string }[];
}

describe('signing keys in the key ring', () => {
  const random = new SystemRandom();
  const clock = new Hands();
  let folder = '';
  let file = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'signpost-keys-'));
    file = join(folder, 'keyring.json');
    readKeyRing(file, true, random);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const read = (): readonly SigningKey[] => readSigningKeys(file, clock, random);
  const ring = (): Ring => JSON.parse(readFileSync(file, 'utf8')) as Ring;
  const change = (edit: (ring: Ring) => void): void => {
    const changed = ring();
    edit(changed);
    writeFileSync(file, JSON.stringify(changed));
  };

  test('are added to a ring that has none, which keeps its other keys and its mode', () => {
    const before = readKeyRing(file, false, random);
    const keys = read();
    expect(keys.map(({ algorithm }) => algorithm).sort()).toEqual(['ES256', 'RS256']);
    expect(readKeyRing(file, false, random)).toEqual(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(read().map(({ id }) => id)).toEqual(keys.map(({ id }) => id));
  });

  test('that are damaged, of another kind, or not complete are refused and left as they are', () => {
    read();
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const good = readFileSync(file, 'utf8');
    const damages: ((ring: Ring) => void)[] = [
      ({ signing }) => (signing![0]!.privateKey = '-----BEGIN PRIVATE KEY-----\nnonsense'),
      ({ signing }) => (signing!.find(({ algorithm }) => algorithm === 'RS256')!.privateKey = pem.toString()),
      ({ signing }) => signing!.pop(),
      ({ signing }) => (signing![1]!.id = signing![0]!.id),
      ({ signing }) => (signing![0]!.id = '../elsewhere'),
      (changed) => (changed.signing = []),
    ];
    for (const damage of damages) {
      writeFileSync(file, good);
      change(damage);
      const damaged = readFileSync(file, 'utf8');
      expect(read).toThrow(StartupError);
      expect(readFileSync(file, 'utf8')).toBe(damaged);
    }
  });

  test('that cannot be added are told, without quoting a key', () => {
    const gone = join(folder, 'no', 'such', 'folder', 'keyring.json');
    expect(() => readSigningKeys(gone, clock, random)).toThrow(StartupError);
    writeFileSync(file, '{"secret": "hush", ');
    expect(read).toThrow(/are damaged/);
    expect(read).not.toThrow(/hush/);
  });

  test('are rotated: new ones sign after the overlap, old ones verify on and are dropped the time after', () => {
    const first = read().map(({ id }) => id);
    const from = rotateSigningKeys(file, SPANS, clock, random);
    expect(from).toBe(clock.now() + DAY);
    const keys = new SigningKeys(read(), clock);
    expect(keys.all).toHaveLength(4);
    expect(first).toContain(keys.active('ES256').id);
    clock.time += DAY;
    expect(first).not.toContain(keys.active('ES256').id);
    expect(first).not.toContain(keys.active('RS256').id);
    expect(first.every((id) => keys.find(id) !== null)).toBe(true);
    clock.time += DAY + 1;
    rotateSigningKeys(file, SPANS, clock, random);
    const left = read().map(({ id }) => id);
    expect(left).toHaveLength(4);
    expect(left.filter((id) => first.includes(id))).toEqual([]);
  });

  test('are not rotated twice at once, nor where there are none', () => {
    expect(() => rotateSigningKeys(file, SPANS, clock, random)).toThrow(/no signing keys yet/);
    read();
    rotateSigningKeys(file, SPANS, clock, random);
    expect(() => rotateSigningKeys(file, SPANS, clock, random)).toThrow(/under way/);
  });

  test('a clock that was set back leaves one that signs (R-27)', () => {
    const keys = new SigningKeys(read(), clock);
    clock.time -= 400 * DAY;
    expect(keys.active('ES256').algorithm).toBe('ES256');
    clock.time += 400 * DAY;
  });
});
