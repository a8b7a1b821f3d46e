/** The rows of the seeded data, table by table, in the order of their foreign keys. */
import { hash } from 'node:crypto';
import {
  accountIdOf,
  appSignInIdOf,
  fieldsOf,
  linksOf,
  secretOf,
  serverIdOf,
  serverKeyOf,
  tokenOf,
  userNameOf,
} from './cast.mjs';
import { seal } from './sealing.mjs';

/** @typedef {{ readonly table: string, readonly columns: readonly string[], readonly rows: Iterable<unknown[]> }} Rows */

/** @param {string} text */
const digest = (text) => hash('sha256', text, 'hex');

/** @param {number} count @param {(at: number) => unknown[]} row */
function* each(count, row) {
  for (let at = 0; at < count; at += 1) yield row(at);
}

/** @param {import('./cast.mjs').Sizes} sizes @param {import('./sealing.mjs').SealingKey} key @param {number} now */
function* linkRows(sizes, key, now) {
  const serverIds = Array.from({ length: sizes.servers }, (_, at) => serverIdOf(at));
  let at = 0;
  for (const { account, server } of linksOf(sizes)) {
    const secret = secretOf('link', at);
    const [id, rest] = [secret.slice(0, 32), secret.slice(32)];
    const [accountId, serverId] = [accountIdOf(account), serverIds[server] ?? ''];
    const sealed = seal(key, rest, ['link', id, serverId, accountId]);
    // Nobody computes it here: it must only be another for each.
    const mac = rest + id;
    yield [
      id,
      serverId,
      accountId,
      'linked',
      'accepted',
      sealed,
      mac,
      null,
      null,
      now + at,
      now + at,
      null,
      null,
    ];
    at += 1;
  }
}

/**
 * @param {import('./cast.mjs').Sizes} sizes
 * @param {import('./sealing.mjs').SealingKey} key that seals link keys
 * @param {boolean} asNumbers how the database takes true and false
 * @param {string} passwordHash of every account
 * @returns {Rows[]}
 */
export function rowsOf(sizes, key, asNumbers, passwordHash) {
  const now = Date.now() - 60_000;
  const yes = asNumbers ? 1 : true;
  return [
    {
      table: 'accounts',
      columns:
        'id user_name user_name_key user_name_skeleton email email_key state role password_hash created_at verified_at failed_sign_ins findable_by_name findable_by_email'.split(
          ' ',
        ),
      rows: each(sizes.accounts, (at) => {
        const [name, email] = [userNameOf(at), `${userNameOf(at)}@example.org`];
        const who = [accountIdOf(at), name, name, name, email, email];
        return [...who, 'active', 'person', passwordHash, now, now, 0, yes, yes];
      }),
    },
    {
      table: 'issued_account_ids',
      columns: ['id'],
      rows: each(sizes.accounts, (at) => [accountIdOf(at)]),
    },
    {
      table: 'device_tokens',
      columns: 'id digest account_id app name network created_at last_used_at'.split(' '),
      rows: each(sizes.accounts, (at) => {
        const id = secretOf('device', at).slice(0, 32);
        return [id, digest(tokenOf(at)), accountIdOf(at), 'App/1', 'TV', '127.0.0.1', now, now];
      }),
    },
    {
      table: 'app_sign_ins',
      columns: 'id account_id client_id app_name device_name network scopes created_at last_used_at'.split(
        ' ',
      ),
      rows: each(sizes.rich, (at) => {
        const app = ['signpost-device', 'App', 'TV', '127.0.0.1', 'servers:read'];
        return [appSignInIdOf(at), accountIdOf(at), ...app, now, now];
      }),
    },
    {
      table: 'servers',
      columns: 'id key_digest key_prefix system_id name url local_address network created_at heard_at'.split(
        ' ',
      ),
      rows: each(sizes.servers, (at) => {
        const { name, url, localAddress, systemId } = fieldsOf(at);
        const key = serverKeyOf(at);
        const proof = [serverIdOf(at), digest(key), key.slice(0, 8)];
        return [...proof, systemId, name, url, localAddress, '127.0.0.1', now, now];
      }),
    },
    {
      table: 'links',
      columns:
        'id server_id account_id kind state sealed_key key_mac requester answer_digest created_at accepted_at expires_at ended_at'.split(
          ' ',
        ),
      rows: linkRows(sizes, key, now),
    },
  ];
}
