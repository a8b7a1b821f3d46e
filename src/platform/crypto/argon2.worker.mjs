import { hashRawSync } from '@node-rs/argon2';
import { constants, platform, setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';

// On Linux a thread has a priority of its own. Who signs in waits for a hash anyway; who asks for a list must not (P-7).
if (platform() === 'linux') {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox may forbid it: then hashes are as important as everything else.
  }
}

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
 * The same one after another, each with how long it took: what lies between asking and answering beyond that was waiting. What
 * is wrong with one is no trouble of the others.
 *
 * @param {readonly Parameters<typeof argon2id>[0][]} tasks
 * @returns {({ tag: Uint8Array, seconds: number } | { error: unknown })[]}
 */
export function hashed(tasks) {
  return tasks.map((task) => {
    const since = performance.now();
    try {
      return { tag: argon2id(task), seconds: (performance.now() - since) / 1_000 };
    } catch (error) {
      return { error };
    }
  });
}
