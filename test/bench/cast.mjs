/**
 * Who is who in the seeded data. Everything follows from a number, so that the load generator knows tokens and keys
 * without being told.
 */
import { hash } from 'node:crypto';

/** @typedef {{ accounts: number, servers: number, links: number, rich: number }} Sizes `rich`: accounts with ten servers */

/** @type {Sizes} */
export const FULL = { accounts: 100_000, servers: 20_000, links: 300_000, rich: 10_000 };
/** @type {Sizes} */
export const QUICK = { accounts: 5_000, servers: 1_000, links: 15_000, rich: 500 };

/** The same proportions around so many links. @param {number} links @returns {Sizes} */
export const sizedBy = (links) => ({
  accounts: Math.round(links / 3),
  servers: Math.round(links / 15),
  links,
  rich: Math.round(links / 30),
});

/** @param {string} what @param {number} at @returns {string} 64 hex digits */
export const secretOf = (what, at) => hash('sha256', `${what} ${at}`, 'hex');

/** @param {number} at */
export const tokenOf = (at) => secretOf('token', at);
/** @param {number} at */
export const serverKeyOf = (at) => secretOf('server key', at);
/** @param {number} at */
export const serverIdOf = (at) => secretOf('server', at).slice(0, 32);
/** @param {number} at */
export const accountIdOf = (at) => String(1_000_000 + at);

/** The sign-in of the account's app. @param {number} at */
export const appSignInIdOf = (at) => secretOf('app', at).slice(0, 32);
/** Of every account, where accounts have one. */
export const PASSWORD = 'correct horse battery staple';
/** @param {number} at */
export const userNameOf = (at) => `person${at}`;

/** The origin of the broker, which its access tokens name. */
export const PUBLIC_URL = 'http://localhost:8095';

/** @param {number} at what a server says of itself */
export const fieldsOf = (at) => ({
  name: `Media server ${at}`,
  url: `https://media-${at}.example.org:8920`,
  localAddress: `http://192.168.${(at >> 8) & 255}.${at & 255}:8096`,
  systemId: secretOf('system', at).slice(0, 32),
});

/** The nth server of an account with ten. @param {Pick<Sizes, 'servers'>} sizes @param {number} account @param {number} n */
export const richServerOf = ({ servers }, account, n) => (account * 7 + n * 1_009) % servers;

/** Ten servers for the first accounts; what is left of the links goes round among the others. @param {Sizes} sizes */
export function* linksOf(sizes) {
  const { accounts, servers, links, rich } = sizes;
  let made = 0;
  for (let account = 0; account < rich; account += 1) {
    for (let n = 0; n < 10; n += 1, made += 1) yield { account, server: richServerOf(sizes, account, n) };
  }
  for (let round = 0; made < links; round += 1) {
    for (let account = rich; account < accounts && made < links; account += 1, made += 1) {
      yield { account, server: (account * 13 + round * 2_003) % servers };
    }
  }
}
