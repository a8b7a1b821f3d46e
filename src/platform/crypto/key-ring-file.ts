import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Random } from '../../shared/random.js';
import { StartupError } from '../startup-error.js';

/** `encrypt`: AES-256-GCM of link keys and mails. `mac`: look-up of PINs and keys. `pepper`: passwords. */
export type KeyUse = 'encrypt' | 'mac' | 'pepper';

export interface RingKey {
  readonly id: string;
  readonly use: KeyUse;
  /** 32 bytes. */
  readonly secret: Buffer;
}

const USES: readonly KeyUse[] = ['encrypt', 'mac', 'pepper'];

const fileSchema = z.object({
  version: z.literal(1),
  keys: z
    .array(
      z.object({
        id: z.string().regex(/^[0-9a-z-]{1,32}$/),
        use: z.enum(['encrypt', 'mac', 'pepper']),
        secret: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(3),
});

/**
 * Reads the key ring; where the file does not exist, `mayCreate` decides whether one is made (mode 0600, on disk
 * before this returns).
 *
 * @throws StartupError if it is missing although data needs it, or damaged
 */
export function readKeyRing(file: string, mayCreate: boolean, random: Random): readonly RingKey[] {
  const text = readExisting(file);
  if (text !== undefined) return parse(file, text);
  if (!mayCreate) {
    throw new StartupError(
      `The key ring ${file} is missing, but the database was written with one. Put the key ring back (it is a backup of its own): without it link keys and passwords cannot be read.`,
    );
  }
  return create(file, random);
}

function readExisting(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartupError(`The key ring ${file} cannot be read: ${(error as Error).message}`, error);
  }
}

function parse(file: string, text: string): readonly RingKey[] {
  try {
    const { keys } = fileSchema.parse(JSON.parse(text));
    if (!isComplete(keys)) throw new Error('a use has no key, or two keys have one id');
    return keys.map((key) => ({ ...key, secret: Buffer.from(key.secret, 'hex') }));
  } catch {
    // The reason could quote a key.
    throw new StartupError(
      `The key ring ${file} is damaged or of another version. It was left as it is; put the right one back.`,
    );
  }
}

/** Told at start: a use without a key would fail requests later, and ids must tell the keys apart. */
function isComplete(keys: readonly { id: string; use: KeyUse }[]): boolean {
  const ids = new Set(keys.map(({ id }) => id));
  return ids.size === keys.length && USES.every((use) => keys.some((key) => key.use === use));
}

function create(file: string, random: Random): readonly RingKey[] {
  const keys = USES.map((use) => ({
    id: `${use}-1`,
    use,
    secret: random.hex(32),
  }));
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    putInPlace(file, JSON.stringify({ version: 1, keys }, null, 2), random);
  } catch (error) {
    throw new StartupError(`The key ring ${file} cannot be made: ${(error as Error).message}`, error);
  }
  return keys.map((key) => ({ ...key, secret: Buffer.from(key.secret, 'hex') }));
}

/**
 * Whole or not at all: a process that is killed meanwhile leaves no half ring that would pass for a damaged one. Of two
 * that start at once, one makes the file and the other fails.
 */
function putInPlace(file: string, text: string, random: Random): void {
  const unfinished = `${file}.${random.hex(4)}`;
  try {
    writeToDisk(openSync(unfinished, 'wx', 0o600), text);
    linkSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
  syncFolder(dirname(file));
}

function writeToDisk(descriptor: number, text: string): void {
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** The name of the new file must be on disk too, before anything is encrypted with what it holds. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
