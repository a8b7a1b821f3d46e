import type { UsableLink } from '../links/index.js';

/**
 * The servers of one account at one moment, with what is made from them once and sent many times. The bytes hold link
 * keys in clear: they live in the memory of the process and go nowhere but into answers.
 */
export class ServerList {
  /** A few: looked through faster than a map is, and smaller. */
  readonly #made: { readonly make: unknown; readonly made: object }[] = [];
  /** Of these the one that was asked for last: each step through memory is one to wait for (P-1). */
  #lastMake: unknown;
  #last: object | undefined;

  constructor(readonly servers: readonly UsableLink[]) {}

  /**
   * What an edge makes of the list, made once and kept as long as the list: a function that lives as long as the edge.
   * The same each time: not to be changed.
   */
  ready<Made extends object>(make: (list: this) => Made): Made {
    if (this.#lastMake !== make) {
      this.#last = this.#find(make) ?? this.#add(make);
      this.#lastMake = make;
    }
    return this.#last as Made;
  }

  #find(make: unknown): object | undefined {
    return this.#made.find((known) => known.make === make)?.made;
  }

  #add(make: (list: this) => object): object {
    const made = make(this);
    this.#made.push({ make, made });
    return made;
  }
}
