import { isIP, type Socket } from 'node:net';
import type { Config } from '../../config/index.js';
import { DomainError } from '../../shared/domain-error.js';
import { CidrSet } from '../../shared/network.js';
import type { BriefRequest } from './whole-request.js';

const LOOPBACK = CidrSet.parse(['127.0.0.0/8', '::1/128']);

/**
 * Paths on which the name of the broker does not matter: the wire protocol, whose apps may have another base address
 * built in and which knows no cookie, and health checks, which go by address.
 */
const ANY_NAME = /^\/(?:service|health)(?:[/?]|$)/i;

/**
 * Whether a request may come in at all.
 *
 * @throws DomainError with a `statusCode` of 400, 403, 414 or 421
 */
export function admit(request: BriefRequest, config: Config): void {
  const target = request.url ?? '';
  checkTarget(target, config.urlBytes);
  checkTransport(request, config);
  if (!ANY_NAME.test(target)) checkName(request.headers.host ?? '', config);
}

/** Nothing is proxied, so a target that names a host is refused as well (S-84); the `*` of OPTIONS is none. */
function checkTarget(target: string, longest: number): void {
  if (target.length > longest) throw refusal(414, 'url-too-long', 'The URL is too long.');
  if (!target.startsWith('/') && !target.startsWith('*'))
    throw refusal(400, 'absolute-target', 'The request names a host.');
}

/** Passwords and keys cross the network: in clear only on this machine, from trusted proxies, or where allowed (S-82). */
function checkTransport(request: BriefRequest, config: Config): void {
  const { socket } = request;
  if (config.allowPlaintext || isLoopback(socket)) return;
  const peer = socket.remoteAddress ?? '';
  const isProxied = config.trustProxy.contains(peer);
  if (isProxied && request.headers['x-forwarded-proto'] !== 'http') return;
  throw refusal(403, 'https-needed', 'Use https. (Operator: see ALLOW_PLAINTEXT.)');
}

/** Found once for each connection. */
const loopbacks = new WeakMap<Socket, boolean>();

function isLoopback(socket: Socket): boolean {
  const known = loopbacks.get(socket);
  if (known !== undefined) return known;
  const isOne = LOOPBACK.contains(socket.remoteAddress ?? '');
  loopbacks.set(socket, isOne);
  return isOne;
}

/** Headers that named the broker, as they were written; no more than a few, as any address is good. */
const goodNames = new WeakMap<Config, Set<string>>();
const MOST_NAMES = 100;

function checkName(host: string, config: Config): void {
  const known = goodNames.get(config) ?? new Set();
  if (known.has(host)) return;
  requireName(host, config);
  if (known.size < MOST_NAMES) goodNames.set(config, known.add(host));
}

/**
 * A page under a foreign name is somebody else's trap (DNS rebinding, S-35). An address is no name: nobody can point
 * it elsewhere.
 */
function requireName(host: string, config: Config): void {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (isIP(name) !== 0 || name === 'localhost') return;
  if (name === new URL(config.publicUrl).hostname || config.allowedHosts.includes(name)) return;
  throw refusal(
    421,
    'unknown-name',
    'This broker does not go by that name. (Operator: see PUBLIC_URL and ALLOWED_HOSTS.)',
  );
}

function refusal(statusCode: number, code: string, message: string): Error {
  return Object.assign(new DomainError('invalid', code, message), { statusCode });
}
