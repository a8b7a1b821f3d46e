import type { AccountId, LinkId } from '../../shared/ids.js';
import type { LinkKind, UsableLink } from '../links/index.js';
import type { Server } from '../servers/index.js';

/** Milliseconds, until the year 10889. */
const TIME_BYTES = 6;
const NUMBER_BYTES = 4;

/** What stands before a text instead of its length: ids and most link keys are hex, and half as long as bytes. */
const HEX = { mark: 254, text: /^[\da-f]{32}$/, bytes: 16 };
const NONE = 255;
const LONGEST = 200;

/** Of a kind, a server, two times and the marks of three texts. */
const FIXED_BYTES = 1 + NUMBER_BYTES + 2 * TIME_BYTES + 3;

/** At most so many bytes. */
export function mostBytesOf(links: readonly UsableLink[]): number {
  return NUMBER_BYTES + links.length * (FIXED_BYTES + 3 * LONGEST);
}

/**
 * Writes the links of an account, as small as they can be read again quickly: a link of 500 bytes as objects takes 52. Servers,
 * each of which stands in many lists, are numbers.
 *
 * @returns the end; null if it cannot be written so
 */
export function pack(
  links: readonly UsableLink[],
  numberOf: (server: Server) => number,
  into: Buffer,
  start: number,
): number | null {
  if (!links.every(isPackable)) return null;
  let at = into.writeUInt32BE(links.length, start);
  for (const { link, server, key } of links) {
    at = into.writeUInt8(link.kind === 'guest' ? 1 : 0, at);
    at = into.writeUInt32BE(numberOf(server), at);
    at = into.writeUIntBE(link.createdAt, at, TIME_BYTES);
    at = into.writeUIntBE(link.acceptedAt, at, TIME_BYTES);
    for (const text of [link.id, key, link.requester]) at = writeText(text, into, at);
  }
  return at;
}

/**
 * The links again.
 *
 * @returns undefined if `serverOf` does not know one of the servers any more
 */
export function unpack(
  from: Buffer,
  start: number,
  accountId: AccountId,
  serverOf: (number: number) => Server | undefined,
): UsableLink[] | undefined {
  const reader = new Reader(from, start);
  const links: UsableLink[] = [];
  for (let left = reader.number(NUMBER_BYTES); left > 0; left -= 1) {
    const kind = reader.number(1) === 1 ? 'guest' : 'linked';
    const server = serverOf(reader.number(NUMBER_BYTES));
    if (server === undefined) return undefined;
    links.push(linkFrom(reader, accountId, { kind, server }));
  }
  return links;
}

/** The links of one account by themselves, with their servers as objects that are shared. */
export class PackedLinks {
  private constructor(
    private readonly accountId: AccountId,
    /** As characters (latin1): a buffer of its own would take as much again. */
    private readonly bytes: string,
    readonly servers: readonly Server[],
  ) {}

  /** @returns null if there are none, or they cannot be packed */
  static of(links: readonly UsableLink[]): PackedLinks | null {
    const [first] = links;
    if (first === undefined) return null;
    const room = Buffer.allocUnsafe(mostBytesOf(links));
    let number = 0;
    const end = pack(links, () => (number += 1) - 1, room, 0);
    const servers = links.map(({ server }) => server);
    return end === null
      ? null
      : new PackedLinks(first.link.accountId, room.toString('latin1', 0, end), servers);
  }

  unpacked(): UsableLink[] {
    const bytes = Buffer.from(this.bytes, 'latin1');
    const links = unpack(bytes, 0, this.accountId, (number) => this.servers[number]);
    // Less than all of it is no list.
    if (links?.length !== this.servers.length) throw new Error('a packed list is not whole');
    return links;
  }

  with(server: Server): PackedLinks {
    const servers = this.servers.map((one) => (one.id === server.id ? server : one));
    return new PackedLinks(this.accountId, this.bytes, servers);
  }
}

function linkFrom(
  reader: Reader,
  accountId: AccountId,
  { kind, server }: { kind: LinkKind; server: Server },
): UsableLink {
  const [createdAt, acceptedAt] = [reader.number(TIME_BYTES), reader.number(TIME_BYTES)];
  const id = reader.text() as LinkId;
  const key = reader.text() ?? '';
  const common = { id, serverId: server.id, accountId, kind, requester: reader.text(), createdAt };
  return { link: { ...common, state: 'accepted', acceptedAt, expiresAt: null }, server, key };
}

function isPackable({ link, key }: UsableLink): boolean {
  return [link.id, key, link.requester].every(
    (text) => text === null || (text.length <= LONGEST && /^[\x20-\x7e]*$/.test(text)),
  );
}

function writeText(text: string | null, into: Buffer, start: number): number {
  if (text === null) return into.writeUInt8(NONE, start);
  const isHex = HEX.text.test(text);
  const at = into.writeUInt8(isHex ? HEX.mark : text.length, start);
  return at + into.write(text, at, isHex ? 'hex' : 'latin1');
}

class Reader {
  #at: number;

  constructor(
    private readonly from: Buffer,
    start: number,
  ) {
    this.#at = start;
  }

  number(bytes: number): number {
    let value = 0;
    for (const end = this.#at + bytes; this.#at < end; this.#at += 1)
      value = value * 256 + (this.from[this.#at] ?? 0);
    return value;
  }

  text(): string | null {
    const mark = this.number(1);
    if (mark === NONE) return null;
    const start = this.#at;
    this.#at += mark === HEX.mark ? HEX.bytes : mark;
    return this.from.toString(mark === HEX.mark ? 'hex' : 'latin1', start, this.#at);
  }
}
