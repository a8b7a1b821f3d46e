import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import { accountColumns, accountOf, type Account, type AccountColumns } from '../accounts/index.js';
import type { Server } from '../servers/index.js';
import type { AcceptedLink, Link, LinkKind, LinkState } from './link.js';

/** Links with all that a device needs of their servers. */
const WITH_SERVERS = `
  json_group_array(json_array(l.id, l.kind, l.state, l.requester, l.created_at, l.accepted_at,
    l.expires_at, l.sealed_key, s.id, s.system_id, s.name, s.url, s.local_address, s.network, s.created_at, s.heard_at))`;
/** SQLite would take the index that has ids alone, and then the row, which lies elsewhere (P-4). */
const FROM_LINKS = 'FROM links l JOIN servers s INDEXED BY servers_of_lists ON s.id = l.server_id';
const ACCEPTED = "AND l.state = 'accepted'";

/** Links of an account: one statement, so one snapshot. */
const ofAccount = (more: string): string => `
  SELECT l.account_id, ${WITH_SERVERS} AS found
  ${FROM_LINKS} WHERE l.account_id = $1 AND l.ended_at IS NULL ${more}
  GROUP BY l.account_id`;

export const LIVE_OF_ACCOUNT = ofAccount('');
export const ACCEPTED_OF_ACCOUNT = ofAccount(ACCEPTED);

/** The accepted ones as a value in a statement that finds the account. @param account the column with its id */
export function acceptedLinksOf(account: string): string {
  return `(SELECT ${WITH_SERVERS} ${FROM_LINKS} WHERE l.account_id = ${account} AND l.ended_at IS NULL ${ACCEPTED})`;
}

/** A few accounts after another. */
export const ACCOUNTS_AFTER = `
  SELECT DISTINCT account_id FROM links
  WHERE account_id > $1 AND state = 'accepted' AND ended_at IS NULL ORDER BY account_id LIMIT $2`;

/** Links of a server with who they are for: what media servers ask for several times an hour. */
export const LIVE_OF_SERVER = `
  SELECT l.server_id, json_group_array(json_array(l.id, l.kind, l.state, l.requester, l.created_at, l.accepted_at,
    l.expires_at, l.sealed_key, ${accountColumns('a')})) AS found
  FROM links l JOIN accounts a ON a.id = l.account_id
  WHERE l.server_id = $1 AND l.ended_at IS NULL
  GROUP BY l.server_id`;

export const ACCEPT = `
  UPDATE links SET state = 'accepted', accepted_at = $1, expires_at = NULL, answer_digest = NULL
  WHERE id = $2 AND ended_at IS NULL`;

/** The columns of a link, in their order. */
type LinkColumns = readonly [
  id: LinkId,
  kind: LinkKind,
  state: LinkState,
  requester: string | null,
  createdAt: number,
  acceptedAt: number | null,
  expiresAt: number | null,
  sealedKey: string | null,
];

/** What comes of that, read as JSON; null where there are none. */
export type LinkRows = readonly RowOfAccount[] | null;

type RowOfAccount = readonly [
  ...link: LinkColumns,
  serverId: ServerId,
  systemId: string,
  name: string,
  url: string,
  localAddress: string,
  network: string,
  registeredAt: number,
  heardAt: number,
];

type RowOfServer = readonly [...link: LinkColumns, ...account: AccountColumns];

/** A link with its key as stored. */
export interface StoredLink {
  readonly link: Link;
  readonly sealedKey: string | null;
}
/** And who stands at the other end. */
export type StoredLinkOfServer = StoredLink & { readonly account: Account };
export type StoredLinkOfAccount = StoredLink & { readonly server: Server };
export type StoredAcceptedLink = StoredLinkOfAccount & { readonly link: AcceptedLink };

/** Oldest first. The database holds what the domain wrote: a live row is a Link. */
export function linksIn(json: string | undefined, accountId: AccountId): StoredLinkOfAccount[] {
  return linksOf(JSON.parse(json ?? '[]') as LinkRows, accountId);
}

/** Accepted ones, oldest first. */
export function acceptedIn(rows: LinkRows, accountId: AccountId): StoredAcceptedLink[] {
  return linksOf(rows, accountId) as StoredAcceptedLink[];
}

function linksOf(rows: LinkRows, accountId: AccountId): StoredLinkOfAccount[] {
  const links = (rows ?? []).map((row) => ({
    link: linkOf(row, row[8], accountId),
    server: serverOf(row[8], row),
    sealedKey: row[7],
  }));
  return links.sort(inOrder);
}

/** The same, of a server. */
export function linksOfServerIn(json: string | undefined, serverId: ServerId): StoredLinkOfServer[] {
  const rows = JSON.parse(json ?? '[]') as readonly RowOfServer[];
  const links = rows.map((row) => {
    const [, , , , , , , sealedKey, ...account] = row;
    return { link: linkOf(row, serverId, account[0]), account: accountOf(account), sealedKey };
  });
  return links.sort(inOrder);
}

function linkOf(
  row: readonly [...LinkColumns, ...unknown[]],
  serverId: ServerId,
  accountId: AccountId,
): Link {
  const [id, kind, state, requester, createdAt, acceptedAt, expiresAt] = row;
  return { id, serverId, accountId, kind, requester, state, createdAt, acceptedAt, expiresAt } as Link;
}

function serverOf(id: ServerId, row: RowOfAccount): Server {
  return {
    id,
    systemId: row[9],
    name: row[10],
    url: row[11],
    localAddress: row[12],
    network: row[13],
    createdAt: row[14],
    heardAt: row[15],
  };
}

/** Of the same moment in some order, which is always the same. */
function inOrder({ link: one }: StoredLink, { link: other }: StoredLink): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);
}
