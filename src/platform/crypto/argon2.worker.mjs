import { hashRawSync } from '@node-rs/argon2';

/**
 * Runs in a worker thread of its own pool: the library's asynchronous form would occupy the threads that files and
 * DNS share (S-04).
 *
 * @param {{ password: string, salt: Uint8Array, memoryCost: number, timeCost: number }} task
 * @returns {Uint8Array} 32 bytes
 */
export function argon2id({ password, salt, memoryCost, timeCost }) {
  // The library's own defaults: Argon2id, version 0x13 (RFC 9106); a test pins both with a known vector.
  return hashRawSync(password, { parallelism: 1, outputLen: 32, salt, memoryCost, timeCost });
}
