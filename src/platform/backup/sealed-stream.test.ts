import { beforeAll, describe, expect, test } from '@jest/globals';
import { SystemRandom } from '../crypto/system-random.js';
import { openedStream, preludeOf, sealedStream, SealedStreamBroken } from './sealed-stream.js';

const PASSPHRASE = 'a passphrase of some length';
const CHUNK = 64 * 1024;
const SEALED_CHUNK = CHUNK + 16;

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function collected(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** The least that is opened: what a passphrase costs is no matter of most tests. */
const CHEAP = { kdf: 'scrypt', n: 1_024, r: 8, p: 1 } as const;

const seal = (plain: Buffer, strength?: typeof CHEAP): Promise<Buffer> =>
  collected(sealedStream(inPieces(plain, 10_000), PASSPHRASE, new SystemRandom(), strength));

async function open(sealed: Buffer, passphrase = PASSPHRASE): Promise<Buffer> {
  const prelude = preludeOf(sealed.subarray(0, 512));
  if (!prelude) throw new Error('not sealed');
  return collected(openedStream(inPieces(sealed.subarray(prelude.bytes.length), 7_777), prelude, passphrase));
}

const random = new SystemRandom();
const plain = random.bytes(3 * CHUNK + 5);

describe('a sealed stream', () => {
  let sealed: Buffer;
  let start: number;
  beforeAll(async () => {
    sealed = await seal(plain, CHEAP);
    start = preludeOf(sealed)?.bytes.length ?? 0;
  });

  test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])(
    'of %i bytes opens to what it was',
    async (size) => {
      const bytes = random.bytes(size);
      expect((await open(await seal(bytes, CHEAP))).equals(bytes)).toBe(true);
    },
  );

  test('costs whoever tries passphrases what OWASP recommends (S-54)', async () => {
    const strong = await seal(plain);
    expect(preludeOf(strong)?.parameters).toMatchObject({ kdf: 'scrypt', n: 131_072, r: 8, p: 1 });
    expect((await open(strong)).equals(plain)).toBe(true);
  });

  test('looks different every time', async () => {
    expect((await seal(plain, CHEAP)).subarray(start).equals(sealed.subarray(start))).toBe(false);
  });

  test('does not open with another passphrase', async () => {
    await expect(open(sealed, 'another passphrase')).rejects.toThrow(SealedStreamBroken);
  });

  test.each([
    ['without its last byte', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['without its last chunk', (bytes: Buffer) => bytes.subarray(0, start + 3 * SEALED_CHUNK)],
    ['without anything but the beginning', (bytes: Buffer) => bytes.subarray(0, start)],
    ['with a byte more', (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0)])],
    [
      'without its first chunk',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + SEALED_CHUNK)]),
    ],
    [
      'with two chunks in each other’s place',
      (bytes: Buffer) => {
        const [from, middle, to] = [start, start + SEALED_CHUNK, start + 2 * SEALED_CHUNK];
        return Buffer.concat([
          bytes.subarray(0, from),
          bytes.subarray(middle, to),
          bytes.subarray(from, middle),
          bytes.subarray(to),
        ]);
      },
    ],
    ['with another salt', (bytes: Buffer) => Buffer.from(bytes).fill('0', start - 20, start - 3)],
  ])('does not open %s', async (_, change) => {
    await expect(open(change(sealed))).rejects.toThrow(SealedStreamBroken);
  });

  test('does not open when any of some bytes all over it was changed', async () => {
    for (let at = start; at < sealed.length; at += 30_011) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(open(changed)).rejects.toThrow(SealedStreamBroken);
    }
  });

  test.each([
    '{"kdf":"scrypt","n":1073741824,"r":8,"p":1,"salt":"00000000000000000000000000000000"}',
    '{"kdf":"none"}',
    'nonsense',
  ])('whose parameters would hurt, or are none, is refused before any work: %s', (parameters) => {
    expect(() => preludeOf(Buffer.from(`signpost-backup-sealed 1\n${parameters}\n`))).toThrow(
      SealedStreamBroken,
    );
  });

  test('is told from other files by its beginning', () => {
    expect(preludeOf(Buffer.from('something else'))).toBeNull();
  });
});
