import { isIP } from 'node:net';
import { invalidField } from '../../shared/domain-error.js';
import { canonicalIp, CidrSet } from '../../shared/network.js';

/**
 * The most bytes an address may have once re-serialised. A list of 200 servers must fit into 256 KiB (S-122):
 * 200 × (2 addresses × 320 + 600 bytes for all the rest) = 248,000 < 262,144.
 */
export const ADDRESS_MAX_BYTES = 320;

/** Longer input is not even parsed (S-102). More than the result may have, for what `URL` shortens, such as `/a/../b`. */
const INPUT_MAX_BYTES = 2_048;

/** Why a host cannot be an address of a server, with the networks it is about. The first row that matches speaks. */
type Refusal = readonly [reason: string, networks: CidrSet];

function refusal(reason: string, ...networks: string[]): Refusal {
  return [reason, CidrSet.parse(networks)];
}

/** S-73, from the IANA special-purpose registries of IPv4 and IPv6. Private networks are missing on purpose. */
const NEVER_AN_ADDRESS: readonly Refusal[] = [
  refusal('is a loopback address, which means "this machine" to every machine', '127.0.0.0/8', '::1'),
  refusal('is the unspecified address, which names no machine', '0.0.0.0/8', '::'),
  refusal('is a multicast address, not one machine', '224.0.0.0/4', 'ff00::/8'),
  refusal(
    'is an address reserved for documentation',
    ...['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
  ),
  refusal('is an address reserved for benchmarks', '198.18.0.0/15', '2001:2::/48'),
  refusal(
    'is an IPv6 address of a translation or tunnel; give the plain IPv4 address instead',
    ...['::/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '2001::/32', '2002::/16'],
  ),
  // Without the zone, which no URL can carry, nobody knows on which of his networks to look for it.
  refusal('is a link-local IPv6 address, which a URL cannot name', 'fe80::/10'),
  refusal(
    'is an address reserved for special purposes',
    ...['192.0.0.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24'],
    ...['192.175.48.0/24', '240.0.0.0/4'],
    ...['100::/64', '100:0:0:1::/64', '2001::/23', '2620:4f:8000::/48', '5f00::/16', 'fec0::/10'],
  ),
];

/** Reachable in one network segment only, and there under whatever machine has taken it. */
const LINK_LOCAL_IPV4 = refusal('is a link-local address, which works in one network only', '169.254.0.0/16');

/** All IPv6 that is handed out: global unicast and ULA. The rest is reserved, also what future registries may add. */
const ASSIGNED_IPV6 = CidrSet.parse(['2000::/3', 'fc00::/7']);

interface Rules {
  readonly field: 'url' | 'localAddress';
  readonly refusals: readonly Refusal[];
}
const PUBLIC: Rules = { field: 'url', refusals: [...NEVER_AN_ADDRESS, LINK_LOCAL_IPV4] };
const LOCAL: Rules = { field: 'localAddress', refusals: NEVER_AN_ADDRESS };

/**
 * The address under which a server says it is reached from outside, as devices may see it (S-73), or an `invalid`
 * error whose message tells a person what is wrong.
 *
 * `text` is parsed once, and what comes back is written anew from the parts: scheme, host in its one spelling,
 * port unless it is the scheme's own, path without a slash at the end (clients append paths themselves).
 * RFC 1918, ULA and CGNAT are fine: the broker may serve a LAN or a VPN mesh. A name is not resolved, so it may
 * point anywhere; whoever connects to it must look (S-75). `allow` (setting `ADDRESS_ALLOW`) holds the IPs that the
 * operator accepts although S-73 refuses them.
 */
export function publicAddress(text: string, allow: CidrSet): string {
  return address(text, PUBLIC, allow);
}

/** As `publicAddress`, for the address inside the server's own network: there, link-local IPv4 is fine too (S-73). */
export function localAddress(text: string, allow: CidrSet): string {
  return address(text, LOCAL, allow);
}

function address(text: string, { field, refusals }: Rules, allow: CidrSet): string {
  const url = parse(text);
  if (typeof url === 'string') throw invalidField(field, url);
  const host = withoutFinalDot(url.hostname);
  const path = withoutFinalSlashes(url.pathname);
  const written = `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}${path}`;
  const problem = hostProblem(host, refusals, allow) ?? pathProblem(path) ?? outputProblem(written);
  if (problem !== null) throw invalidField(field, problem);
  return written;
}

/** The URL, or what is wrong with the text. */
function parse(text: string): URL | string {
  const problem = inputProblem(text) ?? authorityProblem(text);
  if (problem !== null) return problem;
  try {
    return new URL(text);
  } catch {
    return 'cannot be read; write it like https://media.example.org:8920 or http://[2001:db8::1]:8096';
  }
}

/** What `URL` would drop or turn round in silence. A fault in what was typed is better told than guessed away. */
const REPAIRED_BY_URL = /[\p{C}\p{Z}\\]/u;
/** `URL` also reads `http:host` and `http:///host`. */
const START = /^https?:\/\/[^/]/i;

function inputProblem(text: string): string | null {
  if (Buffer.byteLength(text) > INPUT_MAX_BYTES) return tooLong();
  if (REPAIRED_BY_URL.test(text)) return 'must not contain blanks, backslashes or control characters';
  if (!START.test(text)) return 'must start with http:// or https:// and a host';
  // Looked for in the text, because `URL` forgets a mark with nothing behind it.
  if (/[?#]/.test(text)) return 'must not contain a query (?) or a fragment (#)';
  return null;
}

/** Checked before parsing, because `URL` forgets an empty user name, an empty port and the reason for a bad one. */
function authorityProblem(text: string): string | null {
  const authority = text.split('/', 3)[2] ?? '';
  if (authority.includes('@')) return 'must not contain a user name or password';
  const port = /:([0-9]*)$/.exec(authority)?.[1];
  if (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535)) return null;
  return 'needs a port from 1 to 65535 behind the colon';
}

function hostProblem(host: string, refusals: readonly Refusal[], allow: CidrSet): string | null {
  const ip = host.startsWith('[') ? host.slice(1, -1) : host;
  return isIP(ip) === 0 ? nameProblem(host, allow) : ipProblem(ip, refusals, allow);
}

/** `ip` is in the spelling of `URL`, which has read 0x7f.1, 2130706433 and 0177.0.0.1 as what they are. */
function ipProblem(ip: string, refusals: readonly Refusal[], allow: CidrSet): string | null {
  const plain = canonicalIp(ip) ?? ip;
  // Also when `allow` holds it: one machine must not have two addresses that look different (and see S-75).
  if (isIP(plain) !== isIP(ip)) return `is an IPv4 address written as IPv6; write it as ${plain}`;
  if (allow.contains(ip)) return null;
  const refused = refusals.find(([, networks]) => networks.contains(ip));
  if (refused !== undefined) return refused[0];
  return isIP(ip) === 4 || ASSIGNED_IPV6.contains(ip) ? null : 'is an IPv6 address that is reserved';
}

const LABEL = /^[a-z0-9-]{1,63}$/;
/** Names that mean the own machine: RFC 6761, and what some systems write into /etc/hosts. */
const LOOPBACK_NAME = /(?:^|\.)localhost$|^localhost[46]?\.localdomain[46]?$/;

/** `.test`, `.local`, `.lan`, `.home.arpa` and `.internal` are names like others: a broker may serve a LAN alone. */
function nameProblem(name: string, allow: CidrSet): string | null {
  const labels = name.split('.');
  if (name.length > 253 || !labels.every(isLabel)) {
    return 'needs a host name of letters, digits, hyphens and dots, or an IP address';
  }
  if (LOOPBACK_NAME.test(name)) {
    const allowed = allow.contains('127.0.0.1') || allow.contains('::1');
    return allowed ? null : 'is a name of the loopback address, which means "this machine" to every machine';
  }
  if (labels.length < 2) return 'needs a host name with a dot, or an IP address';
  if (name.endsWith('.invalid')) return 'is a name that can never be found';
  return null;
}

function isLabel(label: string): boolean {
  return LABEL.test(label) && !label.startsWith('-') && !label.endsWith('-');
}

/** `example.org.` is `example.org`, but many clients and certificates know only the latter. */
function withoutFinalDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

/** A loop, because `/\/+$/` takes quadratic time on a path full of slashes (S-102). */
function withoutFinalSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** `path` is resolved: `URL` has walked every `..`, also the encoded ones. What is left of such is a trick. */
function pathProblem(path: string): string | null {
  if (/%(?:25|2f|5c)/i.test(path)) return 'must not hide a slash, backslash or percent sign in its path';
  const decoded = decodedPath(path);
  if (decoded === null || UNPRINTABLE.test(decoded)) return 'has characters in its path that cannot be shown';
  return decoded.includes('..') ? 'must not contain two dots in a row in its path' : null;
}

function decodedPath(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function outputProblem(written: string): string | null {
  if (Buffer.byteLength(written) > ADDRESS_MAX_BYTES) return tooLong();
  return /^[\x21-\x7e]+$/.test(written) ? null : 'has characters that cannot be shown';
}

function tooLong(): string {
  return `is longer than ${ADDRESS_MAX_BYTES} characters`;
}
