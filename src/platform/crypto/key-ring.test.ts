import { describe, expect, test } from '@jest/globals';
import type { KeyUse, RingKey } from './key-ring-file.js';
import { KeyRing, SealBroken } from './key-ring.js';
import { SystemRandom } from './system-random.js';

const random = new SystemRandom();
const key = (id: string, use: KeyUse): RingKey => ({ id, use, secret: random.bytes(32) });
const keys = [key('encrypt-1', 'encrypt'), key('mac-1', 'mac'), key('pepper-1', 'pepper')];
const ring = new KeyRing(keys, random);

describe('a sealed text', () => {
  test('opens with the same context and looks different every time', () => {
    const [one, two] = [ring.seal('söme text', ['link', '1']), ring.seal('söme text', ['link', '1'])];
    expect(ring.open(one, ['link', '1'])).toBe('söme text');
    expect(ring.open(two, ['link', '1'])).toBe('söme text');
    expect(one).not.toBe(two);
    expect(one).toMatch(/^encrypt-1\.[\w-]+$/);
    expect(ring.open(ring.seal('', []), [])).toBe('');
  });

  test.each([
    ['of another place', ['link', '2']],
    ['with its parts in another order', ['1', 'link']],
    ['with its parts cut at another point', ['link1', '']],
    ['with its parts joined', ['link1']],
    ['with a part more', ['link', '1', '']],
    ['without parts', []],
  ])('does not open in a context %s', (_, context) => {
    expect(() => ring.open(ring.seal('text', ['link', '1']), context)).toThrow(SealBroken);
  });

  test('does not open when any of its bytes was changed', () => {
    const [id = '', body = ''] = ring.seal('text', ['here']).split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => ring.open(`${id}.${changed.toString('base64url')}`, ['here'])).toThrow(SealBroken);
    }
  });

  test('does not open when it was cut at any length', () => {
    const [id = '', body = ''] = ring.seal('text', ['here']).split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = bytes.subarray(0, length).toString('base64url');
      expect(() => ring.open(`${id}.${cut}`, ['here'])).toThrow(SealBroken);
    }
  });

  test.each(['', '.', 'encrypt-1', 'nobody-1.AAAA', 'mac-1.AAAA'])('cannot be made up: %j', (text) => {
    expect(() => ring.open(text, [])).toThrow(SealBroken);
  });

  test('does not open under another key of the same id', () => {
    const other = new KeyRing([key('encrypt-1', 'encrypt')], random);
    expect(() => other.open(ring.seal('text', []), [])).toThrow(SealBroken);
  });

  test('says in its failure nothing of what it held', () => {
    const sealed = ring.seal('very secret', ['here']);
    expect(() => ring.open(sealed, ['there'])).toThrow(
      'a sealed value cannot be opened: key or content does not fit',
    );
  });
});

describe('several keys of a use', () => {
  const grown = new KeyRing([...keys, key('encrypt-2', 'encrypt'), key('mac-2', 'mac')], random);

  test('make new values with the newest and open old ones with the one they name', () => {
    expect(grown.idsOf('encrypt')).toEqual(['encrypt-2', 'encrypt-1']);
    expect(grown.seal('text', [])).toMatch(/^encrypt-2\./);
    expect(grown.open(ring.seal('text', ['a']), ['a'])).toBe('text');
    expect(grown.mac('mac', 'text')).not.toBe(ring.mac('mac', 'text'));
    expect(grown.mac('mac', 'text', 'mac-1')).toBe(ring.mac('mac', 'text'));
  });

  test('differ in their fingerprints, which do not depend on the id', () => {
    const fingerprints = ['encrypt-1', 'encrypt-2'].map((id) => grown.fingerprint('encrypt', id));
    expect(new Set(fingerprints).size).toBe(2);
    expect(fingerprints[0]).toBe(ring.fingerprint('encrypt', 'encrypt-1'));
    expect(fingerprints[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(() => ring.fingerprint('encrypt', 'encrypt-2')).toThrow(SealBroken);
  });
});
