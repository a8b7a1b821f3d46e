/** What sign-ins are compared with: Argon2id and nothing else, whenever it is told to. Arguments: memory in KiB, passes. */
import { hashRawSync } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';

const [memoryCost = 0, timeCost = 0] = process.argv.slice(2).map(Number);
const salt = randomBytes(16);

/** @param {number} seconds @returns {number} hashes a second */
function rateOf(seconds) {
  const since = performance.now();
  let count = 0;
  while (performance.now() - since < seconds * 1_000) {
    hashRawSync('a password', { parallelism: 1, outputLen: 32, salt, memoryCost, timeCost });
    count += 1;
  }
  return count / ((performance.now() - since) / 1_000);
}

process.on('message', (/** @type {{ seconds: number }} */ { seconds }) =>
  process.send?.({ rate: rateOf(seconds) }),
);
process.on('disconnect', () => process.exit());
process.send?.('ready');
