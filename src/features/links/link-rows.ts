import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import type { Server } from '../servers/index.js';
import type { Link, LinkKind, LinkState } from './link.js';

/** Links of an account with all that a device needs of their servers: one statement, so one snapshot. */
const ofAccount = (more: string): string => `
  SELECT l.account_id, json_group_array(json_array(l.id, l.kind, l.state, l.requester, l.created_at, l.accepted_at,
    l.expires_at, l.sealed_key, s.id, s.system_id, s.name, s.url, s.local_address, s.network, s.created_at, s.heard_at))
    AS found
  FROM links l JOIN servers s ON s.id = l.server_id
  WHERE l.account_id = $1 AND l.ended_at IS NULL${more}
  GROUP BY l.account_id`;

export const LIVE_OF_ACCOUNT = ofAccount('');
export const ACCEPTED_OF_ACCOUNT = ofAccount(" AND l.state = 'accepted'");

export const ACCEPT = `
  UPDATE links SET state = 'accepted', accepted_at = $1, expires_at = NULL, answer_digest = NULL
  WHERE id = $2 AND ended_at IS NULL`;

/** The columns of a list, in their order. */
type Row = readonly [
  id: LinkId,
  kind: LinkKind,
  state: LinkState,
  requester: string | null,
  createdAt: number,
  acceptedAt: number | null,
  expiresAt: number | null,
  sealedKey: string | null,
  serverId: ServerId,
  systemId: string,
  name: string,
  url: string,
  localAddress: string,
  network: string,
  registeredAt: number,
  heardAt: number,
];

interface StoredLink {
  readonly link: Link;
  readonly server: Server;
  readonly sealedKey: string | null;
}

/** Oldest first. The database holds what the domain wrote: a live row is a Link. */
export function linksIn(json: string | undefined, accountId: AccountId): StoredLink[] {
  const rows = JSON.parse(json ?? '[]') as readonly Row[];
  return rows.map((row) => linkOf(row, accountId)).sort((one, other) => inOrder(one.link, other.link));
}

function linkOf(row: Row, accountId: AccountId): StoredLink {
  const [id, kind, state, requester, createdAt, acceptedAt, expiresAt, sealedKey, serverId] = row;
  const link = { id, serverId, accountId, kind, requester, state, createdAt, acceptedAt, expiresAt } as Link;
  return { link, server: serverOf(serverId, row), sealedKey };
}

function serverOf(id: ServerId, row: Row): Server {
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
function inOrder(one: Link, other: Link): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);
}
