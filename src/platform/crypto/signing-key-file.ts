import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StartupError } from '../startup-error.js';
import { opened, type KeptSigningKey } from './signing-key.js';

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
    .default([]),
});

/**
 * The signing keys that stand in the file of a key ring, in its list `signing`: earlier versions kept them there
 * (docs/adr/0035-signing-keys-in-the-database.md).
 *
 * @throws StartupError if they are damaged
 */
export function signingKeysIn(file: string): readonly KeptSigningKey[] {
  try {
    const { signing } = ringSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (new Set(signing.map(({ id }) => id)).size < signing.length) throw new Error('two keys have one id');
    signing.forEach(opened);
    return signing;
  } catch {
    // The reason could quote a key.
    throw new StartupError(
      `The signing keys in the key ring ${file} are damaged. It was left as it is; put the right one back.`,
    );
  }
}
