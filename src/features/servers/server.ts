import type { CidrSet } from '../../shared/network.js';
import type { ServerId } from '../../shared/ids.js';
import { localAddress, publicAddress } from './address.js';
import { serverName, systemId } from './server-fields.js';

/** A registered media server. */
export interface Server {
  readonly id: ServerId;
  /** The media server's own id. Anybody can copy it: it proves nothing (W10). */
  readonly systemId: string;
  readonly name: string;
  /** Where it can be reached from outside, as re-serialised by the broker (S-73). */
  readonly url: string;
  /** Where it can be reached at home, or ''. */
  readonly localAddress: string;
  /** Where its last update came from (`networkOf`). */
  readonly network: string;
  readonly createdAt: number;
  /** To the hour while nothing else changes (P-5). */
  readonly heardAt: number;
}

export interface ServerWithDigest extends Server {
  readonly keyDigest: string;
}

/** What a server says of itself, unchecked: all that a server may set (S-64). */
export interface ServerFields {
  readonly name: string;
  readonly url: string;
  readonly systemId: string;
  readonly localAddress: string | undefined;
}

export type CheckedFields = Pick<Server, 'name' | 'url' | 'systemId' | 'localAddress'>;

/** @throws DomainError invalid, naming the field */
export function checkedFields(fields: ServerFields, allow: CidrSet): CheckedFields {
  return {
    name: serverName(fields.name),
    url: publicAddress(fields.url, allow),
    systemId: systemId(fields.systemId),
    localAddress: fields.localAddress === undefined ? '' : localAddress(fields.localAddress, allow),
  };
}

export function sameFields(left: CheckedFields, right: CheckedFields): boolean {
  const { name, url, systemId: id, localAddress: local } = left;
  return name === right.name && url === right.url && id === right.systemId && local === right.localAddress;
}
