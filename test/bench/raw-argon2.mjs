/** What sign-ins are compared with: Argon2id and nothing else. Arguments: memory in KiB, passes, seconds. */
import { hashRawSync } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';

const [memoryCost = 0, timeCost = 0, seconds = 0] = process.argv.slice(2).map(Number);
const salt = randomBytes(16);
const since = performance.now();
let count = 0;
while (performance.now() - since < seconds * 1_000) {
  hashRawSync('a password', { parallelism: 1, outputLen: 32, salt, memoryCost, timeCost });
  count += 1;
}
process.stdout.write(`${JSON.stringify({ rate: count / ((performance.now() - since) / 1_000) })}\n`);
