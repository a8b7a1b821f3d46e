import type { ServerId } from '../../shared/ids.js';
import type { UsableLink } from '../links/index.js';
import type { Server } from '../servers/index.js';
import { PackedLinks } from './packed-links.js';

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

  #links: readonly UsableLink[] | PackedLinks;

  constructor(links: readonly UsableLink[] | PackedLinks) {
    this.#links = links;
  }

  get servers(): readonly UsableLink[] {
    return this.#links instanceof PackedLinks ? this.#links.unpacked() : this.#links;
  }

  get serverIds(): readonly ServerId[] {
    const links = this.#links;
    const servers = links instanceof PackedLinks ? links.servers : links.map(({ server }) => server);
    return servers.map(({ id }) => id);
  }

  /** Keeps its servers in as little room as they can be had from: who is kept is asked for what is made of it, hardly for them (P-9). */
  shrink(): void {
    if (!(this.#links instanceof PackedLinks)) this.#links = PackedLinks.of(this.#links) ?? this.#links;
  }

  /** The same, of which nothing is made yet, with a server as it is now. */
  with(server: Server): ServerList {
    return new ServerList(
      this.#links instanceof PackedLinks
        ? this.#links.with(server)
        : this.#links.map((one) => (one.server.id === server.id ? { ...one, server } : one)),
    );
  }

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
