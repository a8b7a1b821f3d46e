/** One parameter as a request gave it: canonical name, decoded value. */
export interface Pair {
  readonly name: string;
  readonly value: string;
}

/**
 * The parameter names that one endpoint knows. Requests may spell them in any case: the media server itself
 * said `systemid` before it said `systemId` (1.1).
 */
export class KnownNames {
  static readonly #made = new WeakMap<readonly string[], KnownNames>();
  readonly #canonical: ReadonlyMap<string, string>;

  /** An endpoint has one list for all its requests. */
  static of(names: readonly string[]): KnownNames {
    const known = this.#made.get(names) ?? new KnownNames(names);
    this.#made.set(names, known);
    return known;
  }

  constructor(names: readonly string[]) {
    this.#canonical = new Map(names.map((name) => [name.toLowerCase(), name]));
  }

  /** The endpoint's own spelling of a name in a request, or `undefined` for a name it does not know. */
  canonical(given: string): string | undefined {
    return this.#canonical.get(given.toLowerCase());
  }
}
