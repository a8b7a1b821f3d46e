import { randomFillSync } from 'node:crypto';
import { Random } from '../../shared/random.js';

/** So much is fetched at once: each call of the operating system's source costs as much as a hundred bytes (P-7). */
const STORE_BYTES = 4_096;

/** The operating system's cryptographic source. */
export class SystemRandom extends Random {
  readonly #store = Buffer.alloc(STORE_BYTES);
  #used = STORE_BYTES;

  override bytes(count: number): Buffer {
    if (count > STORE_BYTES) return randomFillSync(Buffer.alloc(count));
    if (this.#used + count > STORE_BYTES) {
      randomFillSync(this.#store);
      this.#used = 0;
    }
    const given = Buffer.alloc(count);
    const end = this.#used + count;
    this.#store.copy(given, 0, this.#used, end);
    // A secret stays with whoever asked for it.
    this.#store.fill(0, this.#used, end);
    this.#used = end;
    return given;
  }
}
