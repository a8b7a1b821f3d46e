import { createHash } from 'node:crypto';
import type { UsableLink } from '../links/index.js';

/** How an edge writes one server of a list: JSON text. */
export type Renderer = (entry: UsableLink) => string;

/**
 * The servers of one account at one moment, with what is made from them once and sent many times. The bytes hold link
 * keys in clear: they live in the memory of the process and go nowhere but into answers.
 */
export class ServerList {
  readonly #bytes = new Map<Renderer, Buffer>();
  #etag: string | undefined;

  constructor(readonly servers: readonly UsableLink[]) {}

  /**
   * Strong validator of everything in the list but `heardAt`, which would change it hourly for nothing; the same on
   * every node, as it is made from the content.
   */
  get etag(): string {
    return (this.#etag ??= etagOf(this.servers.map(contentOf).join('\n')));
  }

  /** The list as a JSON array, as this edge writes it. The same bytes each time: not to be changed. */
  bytes(render: Renderer): Buffer {
    const ready = this.#bytes.get(render);
    if (ready) return ready;
    const text = `[${this.servers.map(render).join(',')}]`;
    // Of its own: from Node's pool, one small list would keep 8 KiB of others alive.
    const made = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
    made.write(text);
    this.#bytes.set(render, made);
    return made;
  }
}

/** 128 bits, in quotes. Nothing can be read back from it, not even a link key that is known in part. */
function etagOf(content: string): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
}

function contentOf({ link, server, key }: UsableLink): string {
  const { id, systemId, name, url, localAddress, network } = server;
  return JSON.stringify([link.id, link.kind, key, id, systemId, name, url, localAddress, network]);
}
