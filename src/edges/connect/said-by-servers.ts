import type { ServerFields } from '../../features/servers/index.js';
import type { Parameters } from './parameters/parameters.js';

/** What a server says of itself (E2, E3). */
export const SERVER_PARAMETERS = ['name', 'url', 'systemId', 'localAddress'] as const;

/** @throws DomainError invalid if something is missing */
export function fieldsOf(wire: Parameters): ServerFields {
  return {
    name: wire.required('name'),
    url: wire.required('url'),
    systemId: wire.required('systemId'),
    localAddress: wire.optional('localAddress'),
  };
}
