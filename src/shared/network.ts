import { BlockList, isIP, SocketAddress } from 'node:net';

/** An IP has at most 45 characters, a zone (an interface's name) 16. Whatever else stands in the text, `isIP` never sees. */
const IP_FORM = /^([0-9A-Fa-f.:]{2,45})(?:%[0-9A-Za-z._-]{1,16})?$/;

/** A network wider than this is nobody's list of proxies: 10.0.0.0/8 is the widest private block of IPv4. */
const NARROW_ENOUGH = { ipv4: 8, ipv6: 16 } as const;

/** The one key of callers whose address is unknown, so that they share a limit instead of escaping it. */
const UNKNOWN_NETWORK = 'unknown';

/**
 * The one spelling under which an address is compared and stored: IPv6 compressed and in lower case, without
 * zone; an IPv4-mapped IPv6 address is the IPv4 address it stands for (S-21). `null` when the text is no IP.
 */
export function canonicalIp(text: string): string | null {
  const [, unzoned] = IP_FORM.exec(text) ?? [];
  if (unzoned === undefined) return null;
  if (isIP(text) === 4) return text; // isIP accepts exactly one spelling of IPv4
  if (isIP(unzoned) !== 6) return null;
  const { address } = new SocketAddress({ address: unzoned, family: 'ipv6' });
  const embedded = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : '';
  return isIP(embedded) === 4 ? embedded : address;
}

type Family = 'ipv4' | 'ipv6';
const BITS = { ipv4: 32, ipv6: 128 } as const;

function familyOf(ip: string): Family {
  return isIP(ip) === 4 ? 'ipv4' : 'ipv6';
}

interface Network {
  readonly family: Family;
  readonly address: string;
  readonly prefix: number;
}

const NETWORK_FORM = /^([0-9A-Fa-f.:]{2,45})(?:\/(0|[1-9][0-9]{0,2}))?$/;

/** `null` when the text is neither an IP nor a CIDR. Bits behind the prefix may be set; they do not count. */
function parseNetwork(text: string): Network | null {
  const [, spelled = '', digits] = NETWORK_FORM.exec(text.trim()) ?? [];
  const address = canonicalIp(spelled);
  if (address === null) return null;
  const family = familyOf(address);
  const mappedBits = BITS[familyOf(spelled)] - BITS[family]; // 96 when IPv4 is written as IPv6
  const prefix = digits === undefined ? BITS[family] : Number(digits) - mappedBits;
  return prefix < 0 || prefix > BITS[family] ? null : { family, address, prefix };
}

/**
 * A set of networks, as settings list them (`TRUST_PROXY`, `ADDRESS_ALLOW`).
 *
 * IPv4 and IPv6 are kept apart: an IPv4-mapped address is matched as IPv4 and by IPv4 networks only, so that
 * `::/64`, say, does not silently hold every IPv4 address.
 */
export class CidrSet {
  readonly isEmpty: boolean;
  /**
   * Whether a network is wider than IPv4 /8 or IPv6 /16, that is, wide enough to hold the whole Internet with
   * one or a few more like it. Trusting such a set is a start-up error (S-80).
   */
  readonly coversEverything: boolean;
  readonly #lists = { ipv4: new BlockList(), ipv6: new BlockList() };

  private constructor(networks: readonly Network[]) {
    this.isEmpty = networks.length === 0;
    this.coversEverything = networks.some(({ family, prefix }) => prefix < NARROW_ENOUGH[family]);
    for (const { family, address, prefix } of networks) {
      this.#lists[family].addSubnet(address, prefix, family);
    }
  }

  /** Each text is a CIDR or a bare IP, which stands for itself alone. Throws an `Error` that names every bad entry. */
  static parse(texts: readonly string[]): CidrSet {
    const bad = texts.filter((text) => parseNetwork(text) === null);
    if (bad.length > 0) {
      const named = bad.map((text) => JSON.stringify(text)).join(', ');
      throw new Error(`${named}: not an IP address or CIDR such as 10.0.0.0/8 or fd00::/8`);
    }
    return new CidrSet(texts.map(parseNetwork).filter((network) => network !== null));
  }

  /** `false` for what is no IP. */
  contains(ip: string): boolean {
    if (this.isEmpty) return false;
    const address = addressOf(ip);
    return address !== null && this.#lists[address.family].check(address);
  }
}

/** What was read last: one address is looked for in ten sets, and reading it costs more than each (P-6). */
let last: { readonly ip: string; readonly address: SocketAddress | null } = { ip: '', address: null };

function addressOf(ip: string): SocketAddress | null {
  if (last.ip === ip) return last.address;
  const address = canonicalIp(ip);
  last = {
    ip,
    address: address === null ? null : new SocketAddress({ address, family: familyOf(address) }),
  };
  return last.address;
}

/** The first `count` of the eight groups of a canonical IPv6 address. */
function leadingGroups(address: string, count: number): string[] {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail === undefined) return groups.slice(0, count);
  const behind = tail === '' ? [] : tail.split(':');
  const width = behind.length + (tail.includes('.') ? 1 : 0); // a dotted tail is two groups
  const gap = new Array<string>(8 - groups.length - width).fill('0');
  return [...groups, ...gap, ...behind].slice(0, count);
}

/** `groups` 16-bit groups of an IPv6 address, as a CIDR in canonical text. */
function networkOfGroups(address: string, groups: number): string {
  const network = `${leadingGroups(address, groups).join(':')}::`;
  return `${canonicalIp(network) ?? network}/${groups * 16}`;
}

/**
 * The network that a limit counts a caller under (S-21): the address itself for IPv4, `2001:db8:1:2::/64` for
 * IPv6, because one household or one attacker holds a whole /64. What is no IP shares the key `unknown`.
 */
export function networkOf(ip: string): string {
  const address = canonicalIp(ip);
  if (address === null) return UNKNOWN_NETWORK;
  return isIP(address) === 4 ? address : networkOfGroups(address, 4);
}

/** The wider network around a caller (S-21): `198.51.100.0/24`, `2001:db8:1::/48`; `unknown` for what is no IP. */
export function wideNetworkOf(ip: string): string {
  const address = canonicalIp(ip);
  if (address === null) return UNKNOWN_NETWORK;
  if (isIP(address) === 6) return networkOfGroups(address, 3);
  return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
}

/** The same around a network that `networkOf` made. In its text zeros are left out at the end, where half of it is zeros: nothing needs parsing. */
export function wideNetworkAround(network: string): string {
  if (network.endsWith('::/64')) {
    const groups = network.slice(0, -5).split(':').slice(0, 3);
    while (groups.at(-1) === '0') groups.pop();
    return `${groups.join(':')}::/48`;
  }
  return wideNetworkOf(network.split('/', 1)[0] ?? '');
}

const BRACKETED = /^\[([^\]]*)\](?::[0-9]{1,5})?$/;
const IPV4_WITH_PORT = /^([0-9.]{7,15}):[0-9]{1,5}$/;

/** One entry of `X-Forwarded-For`, with or without port; `null` when it names no IP (`unknown`, `_hidden`, nothing). */
function hopAddress(entry: string): string | null {
  const text = entry.trim();
  const host = BRACKETED.exec(text)?.[1] ?? IPV4_WITH_PORT.exec(text)?.[1] ?? text;
  return canonicalIp(host);
}

/**
 * Who is calling (S-80), in canonical text: the right-most entry of `X-Forwarded-For` that is no trusted proxy,
 * if the peer itself is one; the left-most entry if all are. Proxies append, so whatever stands left of that
 * entry was written by the caller and is never looked at.
 *
 * An entry that cannot be read on the way there makes the whole header worthless: the answer is the peer.
 * (A `peer` that is no IP comes back as it is and is trusted by nothing.) The work is linear in the header.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusted: CidrSet): string {
  const nearest = canonicalIp(peer) ?? peer;
  if (forwardedFor === undefined || !trusted.contains(nearest)) return nearest;
  let hop = nearest;
  for (const entry of forwardedFor.split(',').reverse()) {
    const address = hopAddress(entry);
    if (address === null) return nearest;
    hop = address;
    if (!trusted.contains(hop)) return hop;
  }
  return hop;
}
