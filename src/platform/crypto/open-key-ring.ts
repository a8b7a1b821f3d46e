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
  const ring = new KeyRing(readKeyRing(config.keyRingFile, known.length === 0, random), random);
  for (const canary of known) {
    if (!fits(ring, canary)) {
      throw new StartupError(
        `The key ring ${config.keyRingFile} does not fit the database (key ${canary.keyId}). Put the key ring back that belongs to this database.`,
      );
    }
  }
  const seen = new Set(known.map((canary) => canary.keyId));
  const fresh = USES.flatMap((use) => ring.idsOf(use).map((keyId) => ({ keyId, use }))).filter(
    ({ keyId }) => !seen.has(keyId),
  );
  if (fresh.length > 0)
    await canaries.add(fresh.map(({ keyId, use }) => ({ keyId, use, value: ring.fingerprint(use, keyId) })));
  return ring;
}

function fits(ring: KeyRing, canary: KeyCanary): boolean {
  try {
    return ring.fingerprint(canary.use as KeyUse, canary.keyId) === canary.value;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}
