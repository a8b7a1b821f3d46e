import { createHash } from 'node:crypto';
import type { RenderedServer } from './server-entry.js';

/** What an app must be allowed to read it. */
export const LIST_SCOPE = 'servers:read';

/** 55 to 60 minutes. */
const SHORTEST_REFRESH = 3_300;
const REFRESH_SPREAD = 301;

/** A list as it goes out. */
export interface ServerList {
  readonly servers: readonly RenderedServer[];
  /** With its quotation marks. */
  readonly etag: string;
  /** JSON of a `ServerListShape`. */
  readonly body: string;
}

/**
 * Puts a list together from ready servers. Equal lists have equal ETags on every node; only `lastHeardFrom` may differ
 * between two answers of one ETag (ADR 0020). The time to refresh after is drawn from the ETag: spread over accounts
 * and the same for each answer of one ETag.
 */
export function listOf(servers: readonly RenderedServer[]): ServerList {
  const hash = createHash('sha256');
  for (const server of servers) hash.update(server.hash);
  const digest = hash.digest();
  const refreshAfterSeconds = SHORTEST_REFRESH + (digest.readUInt32BE(24) % REFRESH_SPREAD);
  return {
    servers,
    etag: `"${digest.subarray(0, 18).toString('base64url')}"`,
    body: `{"servers":[${servers.map(({ json }) => json).join(',')}],"refreshAfterSeconds":${refreshAfterSeconds}}`,
  };
}
