import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Config } from '../../config/index.js';
import type { Clock } from '../../shared/clock.js';
import type { Random } from '../../shared/random.js';
import { StartupError } from '../startup-error.js';
import { replaceFile } from './key-ring-file.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm, type SigningKey } from './signing-keys.js';

/** How a signing key stands in the list `signing` of the key ring. */
interface StoredSigningKey {
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** Milliseconds since 1970. */
  readonly activeFrom: number;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

const ringSchema = z.looseObject({
  signing: z
    .array(
      z.object({
        id: z.string().regex(/^[0-9a-z-]{1,32}$/),
        algorithm: z.enum(['ES256', 'RS256']),
        activeFrom: z.int().nonnegative(),
        privateKey: z.string().startsWith('-----BEGIN PRIVATE KEY-----'),
      }),
    )
    .optional(),
});

/**
 * The signing keys of a key ring; a ring that has none yet is given them, and is on disk before this returns.
 *
 * @throws StartupError if they are damaged, or cannot be added
 */
export function readSigningKeys(file: string, clock: Clock, random: Random): readonly SigningKey[] {
  const ring = parse(file);
  const stored = ring.signing ?? add(file, ring, clock.now(), random);
  try {
    return stored.map(opened);
  } catch {
    throw damaged(file);
  }
}

function parse(file: string): z.infer<typeof ringSchema> {
  try {
    const ring = ringSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (ring.signing && !isComplete(ring.signing)) throw new Error('incomplete');
    return ring;
  } catch {
    // The reason could quote a key.
    throw damaged(file);
  }
}

/** Told at start: an algorithm without a key would fail requests later, and ids must tell the keys apart. */
function isComplete(keys: readonly StoredSigningKey[]): boolean {
  const ids = new Set(keys.map(({ id }) => id));
  return ids.size === keys.length && SIGNING_ALGORITHMS.every((one) => keys.some((k) => k.algorithm === one));
}

function add(file: string, ring: object, now: number, random: Random): readonly StoredSigningKey[] {
  const signing = SIGNING_ALGORITHMS.map((algorithm) => newSigningKey(algorithm, now, random));
  try {
    replaceFile(file, JSON.stringify({ ...ring, signing }, null, 2), random);
  } catch (error) {
    throw new StartupError(
      `The key ring ${file} has no signing keys yet, and they cannot be added: ${(error as Error).message}`,
      error,
    );
  }
  return signing;
}

/** How long new keys are published before they sign, and old ones after (S-55). */
interface Rotation {
  readonly overlapMs: number;
  readonly keptMs: number;
}

/** Old keys are kept for twice the life of what they signed at least. */
export function rotationOf({
  signingKeyOverlap,
  accessTokenTtl,
}: Pick<Config, 'signingKeyOverlap' | 'accessTokenTtl'>): Rotation {
  return { overlapMs: signingKeyOverlap, keptMs: Math.max(signingKeyOverlap, 2 * accessTokenTtl) };
}

/**
 * Adds a key of each kind that signs after `overlapMs`, when everybody has it, and drops those that were replaced more
 * than `keptMs` ago (S-55). Brokers that are running take it from the file.
 *
 * @returns when the new keys begin to sign
 * @throws StartupError if there are no keys yet, they are damaged or cannot be written, or a rotation is under way
 */
export function rotateSigningKeys(
  file: string,
  { overlapMs, keptMs }: Rotation,
  clock: Clock,
  random: Random,
): number {
  const ring = parse(file);
  const now = clock.now();
  if (!ring.signing)
    throw new StartupError(`The key ring ${file} has no signing keys yet. Start the broker once.`);
  if (ring.signing.some(({ activeFrom }) => activeFrom > now)) {
    throw new StartupError('A rotation is under way: its keys do not sign yet. Rotate again after that.');
  }
  const activeFrom = now + overlapMs;
  const kept = ring.signing.filter((key) => !wasReplacedBefore(now - keptMs, key, ring.signing ?? []));
  const fresh = SIGNING_ALGORITHMS.map((algorithm) => newSigningKey(algorithm, activeFrom, random));
  write(file, { ...ring, signing: [...kept, ...fresh] }, random);
  return activeFrom;
}

/** A key is replaced when the next one of its kind begins to sign. */
function wasReplacedBefore(
  time: number,
  { algorithm, activeFrom }: StoredSigningKey,
  keys: readonly StoredSigningKey[],
): boolean {
  return keys.some((other) => {
    const isNext = other.algorithm === algorithm && other.activeFrom > activeFrom;
    return isNext && other.activeFrom < time;
  });
}

function write(file: string, ring: object, random: Random): void {
  try {
    replaceFile(file, JSON.stringify(ring, null, 2), random);
  } catch (error) {
    throw new StartupError(`The key ring ${file} cannot be written: ${(error as Error).message}`, error);
  }
}

/** Makes a key that signs from `activeFrom` on. */
function newSigningKey(algorithm: SigningAlgorithm, activeFrom: number, random: Random): StoredSigningKey {
  const pem = pairFor(algorithm).export({ type: 'pkcs8', format: 'pem' });
  return {
    id: `${algorithm.toLowerCase()}-${random.hex(8)}`,
    algorithm,
    activeFrom,
    privateKey: pem.toString(),
  };
}

function pairFor(algorithm: SigningAlgorithm): KeyObject {
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

/** @throws if the key is not of its algorithm's kind */
function opened({ privateKey: pem, ...rest }: StoredSigningKey): SigningKey {
  const privateKey = createPrivateKey(pem);
  const wanted = rest.algorithm === 'ES256' ? 'ec' : 'rsa';
  if (privateKey.asymmetricKeyType !== wanted) throw new Error('a key of another kind');
  return { ...rest, privateKey, publicKey: createPublicKey(privateKey) };
}

function damaged(file: string): StartupError {
  return new StartupError(
    `The signing keys in the key ring ${file} are damaged. It was left as it is; put the right one back.`,
  );
}
