import { loadConfig } from '../config/index.js';
import { SystemClock } from '../platform/clock/system-clock.js';
import { rotateSigningKeys, rotationOf } from '../platform/crypto/signing-key-file.js';
import { SystemRandom } from '../platform/crypto/system-random.js';
import type { Command } from './command.js';
import { EXIT, UsageError } from './exit.js';

const USAGE = `Usage:
  signpost keys rotate
      adds new signing keys to the key ring; they sign after SIGNING_KEY_OVERLAP_SECONDS, and old ones are dropped

A broker that is running takes them in within five minutes. One without REDIS_URL rotates by itself, every
SIGNING_KEY_MAX_AGE_SECONDS. Several nodes: rotate in one place, and give all of them the new file.
`;

/** `signpost keys`. */
export const keys: Command = {
  usage: USAGE,
  run(args) {
    if (args.length !== 1 || args[0] !== 'rotate') throw new UsageError(`keys: can only rotate\n\n${USAGE}`);
    process.stdout.write(rotate());
    return Promise.resolve(EXIT.ok);
  },
};

/** @returns what to print */
function rotate(): string {
  const config = loadConfig();
  const { keyRingFile } = config;
  const from = rotateSigningKeys(keyRingFile, rotationOf(config), new SystemClock(), new SystemRandom());
  return `New keys are in ${keyRingFile}. They sign from ${isoOf(from)} on.\nMake a backup of the key ring.\n`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
