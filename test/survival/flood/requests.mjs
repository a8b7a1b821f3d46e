/** What the callers of a flood ask for, ready to be sent; everything follows from a number (`test/bench/cast.mjs`). */
import { accountIdOf, fieldsOf, richServerOf, serverIdOf, serverKeyOf, tokenOf } from '../../bench/cast.mjs';
import { PASSWORD } from '../people.mjs';

/** @typedef {'discovery' | 'server' | 'change' | 'server-list' | 'sign-in' | 'registration' | 'pin' | 'look-up' | 'revoke' | 'sign-out' | 'health'} Kind */
/** @typedef {Pick<import('../../bench/cast.mjs').Sizes, 'accounts' | 'servers' | 'rich'>} Cast */

/** @param {string} line @param {readonly string[]} [more] @param {Record<string, string>} [fields] of a form */
function written(line, more = [], fields) {
  const head = [`${line} HTTP/1.1`, 'Host: localhost', ...more];
  if (fields === undefined) return Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  const body = new URLSearchParams(fields).toString();
  const form = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
  return Buffer.from(`${[...head, ...form].join('\r\n')}\r\n\r\n${body}`);
}

/** @param {number} account */
const asDevice = (account) => [`X-Connect-UserToken: ${tokenOf(account)}`];
/** @param {number} server */
const asServer = (server) => [`X-Connect-Token: ${serverKeyOf(server)}`];

/** @param {number} server @param {Record<string, string>} [news] */
const updateOf = (server, news = {}) =>
  written(`POST /service/Servers?id=${serverIdOf(server)}`, asServer(server), {
    ...fieldsOf(server),
    ...news,
  });

/** The link of the nth revocation: of an account with ten servers, each once. @param {Cast} cast @param {number} at */
function revocation({ servers }, at) {
  const account = Math.floor(at / 10);
  const server = richServerOf({ servers }, account, at % 10);
  const query = new URLSearchParams({ serverId: serverIdOf(server), userId: accountIdOf(account) });
  return written(`DELETE /service/ServerAuthorizations?${query}`, asServer(server));
}

/** Accounts at the end, whose devices sign out: they play nothing else. */
const RESERVED = 10_000;

/**
 * What may happen once only, and how often there is something to do it to. It goes by number.
 * @type {ReadonlyMap<Kind, (cast: Cast) => number>}
 */
export const ONCE_ONLY = new Map([
  ['revoke', (/** @type {Cast} */ { rich }) => rich * 10],
  ['sign-out', () => RESERVED],
]);

/** @type {Record<Kind, (cast: Cast, at: number) => Buffer>} */
const KINDS = {
  discovery: ({ accounts }, at) => written('GET /service/servers', asDevice(at % (accounts - RESERVED))),
  server: ({ servers }, at) => updateOf(at % servers),
  change: ({ servers }, at) => updateOf(at % servers, { name: `Changed ${at}` }),
  'server-list': ({ servers }, at) =>
    written(`GET /service/ServerAuthorizations?serverId=${serverIdOf(at % servers)}`, asServer(at % servers)),
  'sign-in': ({ accounts }, at) =>
    written('POST /service/user/authenticate', [], {
      nameOrEmail: `person${at % accounts}`,
      rawpw: PASSWORD,
    }),
  registration: (_cast, at) => written('POST /service/Servers', [], { ...fieldsOf(at), name: `New ${at}` }),
  pin: (_cast, at) => written('POST /service/pin', [], { deviceId: `tv-${at}` }),
  'look-up': ({ accounts, servers }, at) =>
    written(`GET /service/user?nameOrEmail=person${at % accounts}`, asServer(at % servers)),
  revoke: revocation,
  'sign-out': ({ accounts }, at) => written('POST /service/user/logout', asDevice(accounts - 1 - at), {}),
  health: () => written('GET /health/ready'),
};

/** Numbers in an order that no cache could like. */
const STRIDE = 7_919;

/**
 * @param {Kind} kind @param {Cast} cast @param {number} at the nth of its kind @returns {Buffer}
 * @throws Error where the number is another kind's, or nobody's
 */
export function requestOf(kind, cast, at) {
  const most = ONCE_ONLY.get(kind)?.(cast);
  if (most === undefined) return KINDS[kind](cast, at * STRIDE);
  if (at >= most) throw new Error(`there are ${most} to ask for ${kind}, and all have been asked for`);
  return KINDS[kind](cast, at);
}
