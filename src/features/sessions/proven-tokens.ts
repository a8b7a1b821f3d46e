import { Memory } from '../../shared/memory.js';

/**
 * The digests of tokens that were good when they were read last, in this process: such a caller is heard although strangers have used
 * up what their network may ask (ADR 0042). It is no proof that they still are.
 */
export class ProvenTokens {
  readonly #digests: Memory<string, true>;

  /** @param most how many are remembered, of about 250 bytes each */
  constructor(most: number) {
    this.#digests = new Memory(most);
  }

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }

  /** What came of reading one. */
  note(digest: string, isGood: boolean): void {
    if (!isGood) this.#digests.delete(digest);
    else if (!this.#digests.has(digest)) this.#digests.set(digest, true);
  }
}
