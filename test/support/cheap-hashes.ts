import { hashRawSync } from '@node-rs/argon2';
import { HashThreads } from '../../src/platform/crypto/hash-threads.js';

/** Less than what `loadConfig` lets anybody have (S-03): thousands of tests sign up and in, few are about what that costs. */
export const CHEAP_HASHES = { passwordMemoryKib: 8, passwordIterations: 1 };

type Run = HashThreads['run'];

/** Starting threads would cost a thousand times what they are to do: cheap hashes are made on the spot. */
export function hashCheaplyHere(): void {
  const inThread = Reflect.get<HashThreads, 'run'>(HashThreads.prototype, 'run');
  // Once in a process, whose test files come one after another.
  if (inThread.name === hereIfCheap.name) return;
  HashThreads.prototype.run = hereIfCheap;

  async function hereIfCheap(this: HashThreads, task: Parameters<Run>[0]): ReturnType<Run> {
    const { password, salt, memoryCost, timeCost } = task;
    if (memoryCost !== CHEAP_HASHES.passwordMemoryKib) return inThread.call(this, task);
    const tag = hashRawSync(password, { parallelism: 1, outputLen: 32, salt, memoryCost, timeCost });
    return { tag, seconds: 0 };
  }
}
