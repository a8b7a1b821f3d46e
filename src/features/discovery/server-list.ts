import { hash } from 'node:crypto';
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
  #etag: string | undefined;

  constructor(readonly servers: readonly UsableLink[]) {}

  /**
   * Strong validator of everything in the list but `heardAt`, which would change it hourly for nothing; the same on
   * every node, as it is made from the content.
   */
  get etag(): string {
    return (this.#etag ??= etagOf(JSON.stringify(this.servers.map(contentOf))));
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

/** 128 bits, in quotes. Nothing can be read back from it, not even a link key that is known in part. */
function etagOf(content: string): string {
  return `"${hash('sha256', content, 'base64url').slice(0, 22)}"`;
}

function contentOf({ link, server, key }: UsableLink): readonly string[] {
  const { id, systemId, name, url, localAddress, network } = server;
  return [link.id, link.kind, key, id, systemId, name, url, localAddress, network];
}
