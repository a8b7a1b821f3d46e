import { randomBytes } from 'node:crypto';
import { Random } from '../../shared/random.js';

/** The operating system's cryptographic source. */
export class SystemRandom extends Random {
  override bytes(count: number): Buffer {
    return randomBytes(count);
  }
}
