import { hashRawSync } from '@node-rs/argon2';
import { constants, platform, setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';

// On Linux a thread has a priority of its own. Who signs in waits for a hash anyway; who asks for a list must not (P-7).
if (platform() === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

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

/**
 * The same, and how long it took: what lies between asking and answering beyond that was waiting.
 *
 * @param {Parameters<typeof argon2id>[0]} task
 * @returns {{ tag: Uint8Array, seconds: number }}
 */
export function measured(task) {
  const since = performance.now();
  const tag = argon2id(task);
  return { tag, seconds: (performance.now() - since) / 1_000 };
}
