import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The first bytes of SHA-256 over a password in lower case; what `scripts/common-passwords.mjs` writes. */
const ENTRY_BYTES = 6;

/**
 * The passwords that are guessed first: 146,606 of them, from lists of what people really chose (S-02, `assets/README.md`).
 *
 * 0.9 MB in memory, read in about 3 ms. A look-up costs some microseconds and refuses one good password in 1.9 thousand
 * million by mistake (146,606 of 2^48 values).
 */
export class CommonPasswords {
  readonly #entries = readFileSync(new URL('./assets/common-passwords.bin', import.meta.url));

  /** How many there are. */
  get size(): number {
    return this.#entries.length / ENTRY_BYTES;
  }

  /** `password` as `folded` makes it. */
  has(password: string): boolean {
    const wanted = createHash('sha256').update(password, 'utf8').digest().readUIntBE(0, ENTRY_BYTES);
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries.readUIntBE(middle * ENTRY_BYTES, ENTRY_BYTES);
      if (entry === wanted) return true;
      if (entry < wanted) low = middle + 1;
      else high = middle;
    }
    return false;
  }
}
