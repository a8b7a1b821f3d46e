import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Clock } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { StartupError } from '../startup-error.js';
import { SealBroken } from './key-ring.js';
import { newSigningKeys, opened, replacedBefore, type KeptSigningKey } from './signing-key.js';
import { signingKeysIn } from './signing-key-file.js';
import { SIGNING_ALGORITHMS, type SigningKey } from './signing-keys.js';
import { SigningKeysRepository } from './signing-keys.repository.js';

/**
 * Signing keys over their life: made, published, signing, replaced, dropped. One set for all nodes, in the database.
 * Whoever changes it does so alone and looks first, so that it does not matter how many try.
 */
@Injectable()
export class SigningKeyRotation {
  constructor(
    private readonly repository: SigningKeysRepository,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /**
   * All keys there are. A broker that starts for the first time makes them, and one that had them in the file of its key
   * ring takes them over: what they signed stays good.
   *
   * @throws StartupError if they are damaged
   */
  async atStart(): Promise<SigningKey[]> {
    const inFile = signingKeysIn(this.config.keyRingFile);
    try {
      await this.#complete(inFile);
      return await this.all();
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      const { keyRingFile } = this.config;
      throw new StartupError(
        `The signing keys in the database do not open with the key ring ${keyRingFile}. Put the key ring back that belongs to this database.`,
        error,
      );
    }
  }

  /** @throws SealBroken */
  async all(): Promise<SigningKey[]> {
    return (await this.repository.all()).map(opened);
  }

  /**
   * Adds a key of each kind that signs after the overlap, when everybody has it, and drops those that were replaced long
   * enough ago (S-55).
   *
   * @param olderThanMs only if the newest keys have been signing for so long
   * @returns when the new keys begin to sign; null if it is not time yet: they sign for less, or will
   */
  async rotate(olderThanMs = 0): Promise<number | null> {
    if (this.#isTooSoon(await this.repository.all(), olderThanMs)) return null;
    const activeFrom = this.clock.now() + this.config.signingKeyOverlap;
    const fresh = await newSigningKeys(activeFrom, this.random);
    return this.repository.alone(async () => {
      const present = await this.repository.all();
      if (this.#isTooSoon(present, olderThanMs)) return null;
      const forgotten = replacedBefore(this.#nobodyHasBefore, present, present);
      if (forgotten.length > 0) await this.repository.remove(forgotten);
      await this.repository.add(fresh);
      return activeFrom;
    });
  }

  #isTooSoon(present: readonly KeptSigningKey[], olderThanMs: number): boolean {
    const newest = Math.max(...present.map(({ activeFrom }) => activeFrom));
    return newest + olderThanMs > this.clock.now();
  }

  async #complete(inFile: readonly KeptSigningKey[]): Promise<void> {
    const before = await this.repository.all();
    const unmade = unlike([...before, ...inFile]);
    if (this.#lost(inFile, before).length + unmade.length === 0) return;
    const made = await newSigningKeys(this.clock.now(), this.random, unmade);
    await this.repository.alone(async () => {
      const present = await this.repository.all();
      const lost = this.#lost(inFile, present);
      const still = unlike([...present, ...lost]);
      const added = [...lost, ...made.filter(({ algorithm }) => still.includes(algorithm))];
      if (added.length > 0) await this.repository.add(added);
    });
  }

  /** Those in the file that are not known, and not so old that they have been dropped. */
  #lost(inFile: readonly KeptSigningKey[], present: readonly KeptSigningKey[]): KeptSigningKey[] {
    const unknown = inFile.filter(({ id }) => !present.some((key) => key.id === id));
    const old = replacedBefore(this.#nobodyHasBefore, unknown, [...present, ...inFile]);
    return unknown.filter((key) => !old.includes(key));
  }

  /** Keys that were replaced before this are kept no longer: for twice the life of what they signed at least (S-55). */
  get #nobodyHasBefore(): number {
    const { signingKeyOverlap, accessTokenTtl } = this.config;
    return this.clock.now() - Math.max(signingKeyOverlap, 2 * accessTokenTtl);
  }
}

/** The algorithms of which there is no key. */
function unlike(keys: readonly KeptSigningKey[]): typeof SIGNING_ALGORITHMS {
  return SIGNING_ALGORITHMS.filter((algorithm) => !keys.some((key) => key.algorithm === algorithm));
}
