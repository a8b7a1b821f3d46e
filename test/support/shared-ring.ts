import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SigningKeys } from '../../src/platform/crypto/signing-keys.js';

/** Making RSA keys costs more than the rest of a start: the brokers of all test files share one key ring. */
const SHARED_RING = join(tmpdir(), `signpost-test-ring-${process.ppid}.json`);

/** Puts it into a data folder, if a broker has shared one by now. */
export function takeRing(dataDir: string): void {
  if (existsSync(SHARED_RING)) copyFileSync(SHARED_RING, join(dataDir, 'keyring.json'));
}

/** With its signing keys, as earlier versions kept them: a broker that starts takes them over from there. */
export function shareRing(dataDir: string, keys: SigningKeys): void {
  const own = join(dataDir, 'keyring.json');
  if (existsSync(SHARED_RING) || !existsSync(own)) return;
  const signing = keys.all.map(({ id, algorithm, activeFrom, privateKey }) => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    return { id, algorithm, activeFrom, privateKey: pem };
  });
  const ring = { ...(JSON.parse(readFileSync(own, 'utf8')) as object), signing };
  // Whole or not at all: other test files may be starting.
  writeFileSync(`${SHARED_RING}.${process.pid}`, JSON.stringify(ring, null, 2));
  renameSync(`${SHARED_RING}.${process.pid}`, SHARED_RING);
}
