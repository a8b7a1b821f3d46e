import { createCipheriv, createDecipheriv, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Random } from '../../shared/random.js';

/**
 * A stream under a passphrase: a line that names the format, a line with the parameters of scrypt, then AES-256-GCM in
 * chunks of 64 KiB, each with its tag. The nonce of a chunk is its number, and whether it is the last: none can be
 * left out, repeated, moved or cut off unnoticed (the STREAM construction). The key is fresh for every file, because
 * its salt is.
 */
const MAGIC = 'signpost-backup-sealed 1\n';
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const MIB = 1024 * 1024;
/** Longest beginning (both lines) that is looked at. */
export const PRELUDE_BYTES = 512;

const parametersSchema = z.object({
  kdf: z.literal('scrypt'),
  // Bounds, because whoever made the file chose them: at most 1 GiB of memory.
  n: z.int().min(1_024).max(1_048_576),
  r: z.int().min(1).max(8),
  p: z.int().min(1).max(4),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
});
type Parameters = z.infer<typeof parametersSchema>;
/** What it costs to try a passphrase; salt apart. */
type Strength = Omit<Parameters, 'salt'>;

/** OWASP's recommendation for scrypt: 128 MiB, a good half second on a small machine. */
const STRENGTH: Strength = { kdf: 'scrypt', n: 131_072, r: 8, p: 1 };

/** The beginning of a sealed file. */
export interface Prelude {
  readonly bytes: Buffer;
  readonly parameters: Parameters;
}

/** What was sealed does not open: another passphrase, or another content. */
export class SealedStreamBroken extends Error {}

export async function* sealedStream(
  plain: AsyncIterable<Buffer>,
  passphrase: string,
  random: Random,
  strength = STRENGTH,
): AsyncGenerator<Buffer> {
  const parameters = { ...strength, salt: random.hex(16) };
  const prelude = Buffer.from(`${MAGIC}${JSON.stringify(parameters)}\n`);
  const key = await keyOf(passphrase, parameters);
  yield prelude;
  let number = 0;
  for await (const { bytes, isLast } of framed(plain, CHUNK_BYTES)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, isLast)).setAAD(prelude);
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    number += 1;
  }
}

/** What a file begins with, or null if it is not a sealed one. @throws SealedStreamBroken */
export function preludeOf(beginning: Buffer): Prelude | null {
  const text = beginning.toString('latin1');
  if (!text.startsWith(MAGIC)) return null;
  const end = text.indexOf('\n', MAGIC.length) + 1;
  const parameters = parametersSchema.safeParse(jsonOf(text.slice(MAGIC.length, end)));
  if (!parameters.success) throw new SealedStreamBroken();
  return { bytes: Buffer.from(beginning.subarray(0, end)), parameters: parameters.data };
}

/** `sealed`: what follows the prelude. @throws SealedStreamBroken */
export async function* openedStream(
  sealed: AsyncIterable<Buffer>,
  prelude: Prelude,
  passphrase: string,
): AsyncGenerator<Buffer> {
  const key = await keyOf(passphrase, prelude.parameters);
  let number = 0;
  for await (const { bytes, isLast } of framed(sealed, CHUNK_BYTES + TAG_BYTES)) {
    if (bytes.length < TAG_BYTES) throw new SealedStreamBroken();
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, isLast)).setAAD(prelude.bytes);
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    yield opened(decipher, bytes.subarray(0, -TAG_BYTES));
    number += 1;
  }
}

function opened(decipher: ReturnType<typeof createDecipheriv>, bytes: Buffer): Buffer {
  try {
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    throw new SealedStreamBroken();
  }
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}

/** Pieces of exactly `size` bytes; the last one may be shorter, and is empty only when there is nothing at all. */
async function* framed(
  source: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<{ bytes: Buffer; isLast: boolean }> {
  let waiting = Buffer.alloc(0);
  for await (const piece of source) {
    waiting = Buffer.concat([waiting, piece]);
    // More than one: only what follows shows that a piece is not the last.
    while (waiting.length > size) {
      yield { bytes: waiting.subarray(0, size), isLast: false };
      waiting = waiting.subarray(size);
    }
  }
  yield { bytes: waiting, isLast: true };
}

const derive = promisify<string, string | Buffer, number, ScryptOptions, Buffer>(scrypt);

function keyOf(passphrase: string, { n, r, p, salt }: Parameters): Promise<Buffer> {
  const maxmem = 128 * n * r + 64 * MIB;
  return derive(passphrase.normalize('NFC'), Buffer.from(salt, 'hex'), 32, { N: n, r, p, maxmem });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
