import type { AccountId, ServerId } from '../../shared/ids.js';
import type { UsableLink } from '../links/index.js';
import type { Server } from '../servers/index.js';
import { mostBytesOf, pack, unpack } from './packed-links.js';

const PIECE_BYTES = 1_048_576;
/** There is a piece for each start: it is written first. */
const NOTHING = Buffer.alloc(0);
/** An entry of the map, with its key. */
const ENTRY_BYTES = 80;
/** A server, with what holds it. */
const SERVER_BYTES = 700;

/** A server as it was when a list with it was written. */
interface Standing {
  readonly server: Server;
  readonly number: number;
}

/**
 * The lists of many accounts, in hardly more memory than they have bytes, out of the sight of the garbage collector: most lists
 * are not asked for again before they change (P-9, P-12). Written one behind the other: what is gone leaves its bytes behind, and
 * where there is no room and half is gone, everything goes.
 *
 * Not safe by itself: whoever uses it says what has changed, before it counts.
 */
export class PackedLists {
  #pieces: Buffer[] = [];
  /** Where the next one is written, from the beginning of the first piece. */
  #end = 0;
  readonly #starts = new Map<AccountId, number>();
  readonly #standing = new Map<ServerId, Standing>();
  /** By number; undefined: it has changed, and so have all lists that name it. */
  #servers: (Server | undefined)[] = [];
  /** How many were written since everything went. */
  #written = 0;

  /** @param most bytes, about; 0 keeps nothing */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.#starts.size;
  }

  /** Bytes. */
  get weight(): number {
    return this.#end + ENTRY_BYTES * this.#starts.size + SERVER_BYTES * this.#standing.size;
  }

  get isFull(): boolean {
    return this.weight >= this.most;
  }

  has(accountId: AccountId): boolean {
    return this.#starts.has(accountId);
  }

  get(accountId: AccountId): UsableLink[] | undefined {
    const start = this.#starts.get(accountId);
    if (start === undefined) return undefined;
    const piece = this.#pieces[Math.floor(start / PIECE_BYTES)] ?? NOTHING;
    const links = unpack(piece, start % PIECE_BYTES, accountId, (number) => this.#servers[number]);
    if (links === undefined) this.#starts.delete(accountId);
    return links;
  }

  /** @returns false if there is no room, or a server is known to be different, of which we are about to hear */
  add(accountId: AccountId, links: readonly UsableLink[]): boolean {
    if (this.isFull && this.#isHalfGone) this.clear();
    const most = mostBytesOf(links);
    if (this.isFull || most > PIECE_BYTES || !links.every(({ server }) => this.#isAsKnown(server)))
      return false;
    const start = this.#roomFor(most);
    const piece = this.#pieces.at(-1) ?? NOTHING;
    const end = pack(links, this.#numberOf, piece, start % PIECE_BYTES);
    if (end === null) return false;
    this.#end = start - (start % PIECE_BYTES) + end;
    this.#written += 1;
    this.#starts.set(accountId, start);
    return true;
  }

  accountChanged(accountId: AccountId): void {
    this.#starts.delete(accountId);
  }

  serverChanged(serverId: ServerId): void {
    const standing = this.#standing.get(serverId);
    if (standing === undefined) return;
    this.#servers[standing.number] = undefined;
    this.#standing.delete(serverId);
  }

  /** Nothing else of it has changed: its lists stay. */
  serverHeard(serverId: ServerId, heardAt: number): void {
    const standing = this.#standing.get(serverId);
    if (standing === undefined) return;
    const { number } = standing;
    const server = heard(standing.server, heardAt);
    this.#servers[number] = server;
    this.#standing.set(serverId, { server, number });
  }

  clear(): void {
    this.#pieces = [];
    this.#end = 0;
    this.#starts.clear();
    this.#standing.clear();
    this.#servers = [];
    this.#written = 0;
  }

  /** Of what was written. Of a server that changed, nobody counts in how many lists it stood. */
  get #isHalfGone(): boolean {
    return this.#starts.size <= this.#written / 2 || this.#standing.size <= this.#servers.length / 2;
  }

  #roomFor(bytes: number): number {
    if (this.#end + bytes > this.#pieces.length * PIECE_BYTES) {
      this.#end = this.#pieces.length * PIECE_BYTES;
      this.#pieces.push(Buffer.allocUnsafeSlow(PIECE_BYTES));
    }
    return this.#end;
  }

  #isAsKnown(server: Server): boolean {
    const known = this.#standing.get(server.id)?.server;
    return known === undefined || isSame(known, server);
  }

  readonly #numberOf = (server: Server): number => {
    const known = this.#standing.get(server.id);
    if (known !== undefined) return known.number;
    // A copy: were some of those kept that come with every list, V8 would come to make them all among what lasts, where those that
    // go at once, nearly all while lists are read ahead, stay for long (P-9).
    const kept = { ...server };
    const number = this.#servers.push(kept) - 1;
    this.#standing.set(server.id, { server: kept, number });
    return number;
  };
}

/** In everything; it may have been heard from since it was read. */
export function isSame(known: Server, read: Server): boolean {
  for (const name in read)
    if (name !== 'heardAt' && known[name as keyof Server] !== read[name as keyof Server]) return false;
  return known.heardAt >= read.heardAt;
}

/** Nodes may tell in another order than that in which they heard it. */
export function heard(server: Server, heardAt: number): Server {
  return { ...server, heardAt: Math.max(server.heardAt, heardAt) };
}
