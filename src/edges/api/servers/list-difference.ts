import type { RenderedServer } from './server-entry.js';

/** What somebody who listens knows: per server, a hash of what they were told. */
export type KnownServers = ReadonlyMap<string, string>;

/** One thing that changed, and what the listener knows once it was told. */
export interface ServerEvent {
  readonly event: 'added' | 'removed' | 'changed';
  /** JSON. */
  readonly data: string;
  readonly known: KnownServers;
}

const ID_BYTES = 16;
const HASH_BYTES = 6;
const ENTRY_BYTES = ID_BYTES + HASH_BYTES;
/** 1,500 characters as text; a request has 8 KiB for all its headers (S-120). */
const MOST_IN_TOKEN = 50;
const TOKEN = /^[A-Za-z0-9_-]{0,1500}$/;

export function knownOf(servers: readonly RenderedServer[]): KnownServers {
  return new Map(servers.map((server) => [server.id, shortHash(server)]));
}

/** The way from what is known to the list, in steps after each of which the listener may be cut off. */
export function differences(known: KnownServers, servers: readonly RenderedServer[]): ServerEvent[] {
  const now = new Map(known);
  const events: ServerEvent[] = [];
  const tell = (event: ServerEvent['event'], data: string): void => {
    events.push({ event, data, known: new Map(now) });
  };
  const listed = new Set<string>(servers.map(({ id }) => id));
  for (const id of known.keys()) {
    if (listed.has(id)) continue;
    now.delete(id);
    tell('removed', JSON.stringify({ id }));
  }
  for (const server of servers) {
    const before = now.get(server.id);
    if (before === shortHash(server)) continue;
    now.set(server.id, shortHash(server));
    tell(before === undefined ? 'added' : 'changed', server.json);
  }
  return events;
}

/**
 * What is known, as the `id:` of an event: with it alone, any node can tell what came after, also after a restart. Empty,
 * which makes clients forget the last one, when there are too many servers to name them in a header.
 */
export function tokenOf(known: KnownServers): string {
  if (known.size > MOST_IN_TOKEN) return '';
  const entries = [...known].map(([id, hash]) => Buffer.from(id + hash, 'hex'));
  // Begins with a letter of its own: the token of no server at all is not empty.
  return `k${Buffer.concat(entries).toString('base64url')}`;
}

/** What a client says it knows by `Last-Event-ID`; null when that is none of ours. */
export function knownIn(token: string): KnownServers | null {
  if (!token.startsWith('k') || !TOKEN.test(token)) return null;
  const bytes = Buffer.from(token.slice(1), 'base64url');
  if (bytes.length % ENTRY_BYTES !== 0 || bytes.length / ENTRY_BYTES > MOST_IN_TOKEN) return null;
  const known = new Map<string, string>();
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const hex = bytes.subarray(at, at + ENTRY_BYTES).toString('hex');
    known.set(hex.slice(0, 2 * ID_BYTES), hex.slice(2 * ID_BYTES));
  }
  return known;
}

function shortHash({ hash }: RenderedServer): string {
  return hash.subarray(0, HASH_BYTES).toString('hex');
}
