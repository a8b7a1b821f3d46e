import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { ranked, type Address } from '../../../features/discovery/index.js';
import type { UsableLink } from '../../../features/links/index.js';
import type { ServerId } from '../../../shared/ids.js';
import type { AddressShape, ServerShape } from './servers.shapes.js';

/** One server of a list, ready to be sent. */
export interface RenderedServer {
  readonly id: ServerId;
  /** JSON of a `ServerShape`. */
  readonly json: string;
  /** Of everything but `lastHeardFrom`: 24 bytes, equal on every node. */
  readonly hash: Buffer;
}

/**
 * One server as an app in `network` is told of it. Pure, and there are two results at most but for `lastHeardFrom`, at
 * home and elsewhere, so that they can be kept.
 */
export function renderServer({ link, server, key }: UsableLink, network: string): RenderedServer {
  const lasting: Omit<ServerShape, 'lastHeardFrom'> = {
    id: server.id,
    name: server.name,
    systemId: server.systemId,
    linkId: link.id,
    kind: link.kind,
    linkKey: key,
    sameNetwork: server.network === network,
    addresses: ranked(server, network).map(addressShape),
  };
  const text = JSON.stringify(lasting);
  const lastHeardFrom = new Date(server.heardAt).toISOString();
  return {
    id: server.id,
    // Last, so that the rest can be kept as it is.
    json: `${text.slice(0, -1)},"lastHeardFrom":"${lastHeardFrom}"}`,
    hash: createHash('sha256').update(text).digest().subarray(0, 24),
  };
}

/** An address with what an app needs to choose, so that it does not have to take URLs apart. */
function addressShape({ url, scope }: Address): AddressShape {
  const { hostname, protocol } = new URL(url);
  return { url, scope, family: familyOf(hostname), scheme: protocol === 'https:' ? 'https' : 'http' };
}

function familyOf(hostname: string): AddressShape['family'] {
  if (hostname.startsWith('[')) return 'ipv6';
  return isIP(hostname) === 4 ? 'ipv4' : 'name';
}
