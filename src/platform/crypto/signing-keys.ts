import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';

/** `ES256` for our own access tokens (S-56), `RS256` for ID tokens: the one that every OpenID client must know (OpenID Connect Core, 15.1). */
export type SigningAlgorithm = 'ES256' | 'RS256';

export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256'];

export interface SigningKey {
  /** `kid` of what it signs. */
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** Signs from then on; it is published before, so that those who keep our keys have it in time (S-55). */
  readonly activeFrom: number;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The keys that sign tokens. Each has one algorithm for life; the newest active one of it signs, all of them verify. */
export class SigningKeys {
  #all: readonly SigningKey[];

  constructor(
    keys: readonly SigningKey[],
    private readonly clock: Clock,
  ) {
    this.#all = keys;
  }

  get all(): readonly SigningKey[] {
    return this.#all;
  }

  /** Takes the keys that there are now: a rotation needs no restart (S-55). */
  replace(keys: readonly SigningKey[]): void {
    this.#all = keys;
  }

  /** The key that signs now. A clock that was set back must not leave us without one: then the oldest. */
  active(algorithm: SigningAlgorithm): SigningKey {
    const now = this.clock.now();
    const byAge = this.#all
      .filter((key) => key.algorithm === algorithm)
      .sort((one, other) => one.activeFrom - other.activeFrom);
    const key = byAge.findLast(({ activeFrom }) => activeFrom <= now) ?? byAge[0];
    if (!key) throw new Error(`there is no ${algorithm} key`);
    return key;
  }

  /** The key that a token names, by exact id; never by anything else that the token says (S-56). */
  find(id: string): SigningKey | null {
    return this.#all.find((key) => key.id === id) ?? null;
  }
}
