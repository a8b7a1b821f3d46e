import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/index.js';
import type { Random } from '../../shared/random.js';
import { StartupError } from '../startup-error.js';
import { readKeyRing, type KeyUse } from './key-ring-file.js';
import { KeyRing, SealBroken } from './key-ring.js';
import type { KeyCanariesRepository, KeyCanary } from './key-canaries.repository.js';

const USES: readonly KeyUse[] = ['encrypt', 'mac', 'pepper'];

/**
 * Opens the key ring and proves that it fits the database before anything listens.
 *
 * @throws StartupError if it is missing, damaged, or not the one the data was written with
 */
export async function openKeyRing(
  config: Config,
  canaries: KeyCanariesRepository,
  random: Random,
): Promise<KeyRing> {
  const known = await canaries.all();
  const markers = markersOf(config);
  if (known.length === 0) refuseLostDatabase(config.keyRingFile, markers);
  const ring = new KeyRing(readKeyRing(config.keyRingFile, known.length === 0, random), random);
  requireFitting(ring, known, config.keyRingFile);
  const seen = new Set(known.map((canary) => canary.keyId));
  const fresh = USES.flatMap((use) => ring.idsOf(use).map((keyId) => ({ keyId, use }))).filter(
    ({ keyId }) => !seen.has(keyId),
  );
  if (fresh.length > 0)
    await canaries.add(fresh.map(({ keyId, use }) => ({ keyId, use, value: ring.fingerprint(use, keyId) })));
  markInUse(markers);
  return ring;
}

/**
 * Before a backup is restored: the ring must be there, and fit.
 *
 * @throws StartupError
 */
export function requireKeyRingFor(canaries: readonly KeyCanary[], keyRingFile: string, random: Random): void {
  requireFitting(new KeyRing(readKeyRing(keyRingFile, false, random), random), canaries, keyRingFile);
}

function requireFitting(ring: KeyRing, canaries: readonly KeyCanary[], file: string): void {
  const misfit = canaries.find((canary) => !fits(ring, canary));
  if (!misfit) return;
  throw new StartupError(
    `The key ring ${file} does not fit the database (key ${misfit.keyId}). Put the key ring back that belongs to this database.`,
  );
}

/**
 * An empty database beside a key ring that has been used is a lost one, or the wrong one. Serving it would answer every
 * media server that it is not registered, and they would remove their guests (danger D1).
 */
function refuseLostDatabase(keyRingFile: string, markers: readonly string[]): void {
  const marker = markers.find((file) => existsSync(file));
  if (marker === undefined) return;
  throw new StartupError(
    `The database is empty, but the key ring ${keyRingFile} was used with one before. Put the database back, or check DATA_DIR and DATABASE_URL. To begin anew on purpose, remove ${marker}.`,
  );
}

/** Beside the ring; else, where that is a mounted secret or the folder of somebody else, in the folder of the node. */
function markersOf({ keyRingFile, dataDir }: Pick<Config, 'keyRingFile' | 'dataDir'>): string[] {
  return [`${keyRingFile}.in-use`, join(dataDir, 'keyring.in-use')];
}

/** At the first place where it can be: a node whose disk is read-only has none, and not this protection. */
function markInUse(markers: readonly string[]): void {
  if (markers.some((marker) => existsSync(marker))) return;
  for (const marker of markers) if (wrote(marker)) return;
}

/** @returns whether it could be written there */
function wrote(marker: string): boolean {
  try {
    mkdirSync(dirname(marker), { recursive: true, mode: 0o700 });
    writeFileSync(marker, 'This key ring belongs to a database that is in use. See docs/architecture.md.\n', {
      mode: 0o600,
      flush: true,
    });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM') throw error;
    return false;
  }
}

function fits(ring: KeyRing, canary: KeyCanary): boolean {
  try {
    return ring.fingerprint(canary.use as KeyUse, canary.keyId) === canary.value;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}
