import type { JWK } from 'oidc-provider';
import type { SigningKey, SigningKeys } from '../../platform/crypto/signing-keys.js';

/** All keys, for oidc-provider: it signs ID tokens with the first that fits, and publishes the public halves. */
export function jwksOf(keys: SigningKeys): { keys: JWK[] } {
  const active = keys.active('RS256');
  const others = keys.all.filter(({ id }) => id !== active.id);
  return { keys: [active, ...others].map(jwkOf) };
}

/** Changes when another key signs, or other keys are published. */
export function versionOf(keys: SigningKeys): string {
  return [keys.active('RS256').id, ...keys.all.map(({ id }) => id)].join(' ');
}

function jwkOf({ id, algorithm, privateKey }: SigningKey): JWK {
  return { ...privateKey.export({ format: 'jwk' }), kid: id, alg: algorithm, use: 'sig' };
}
