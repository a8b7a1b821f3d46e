/**
 * Discovery: the answer a device came for.
 *
 * Promises: complete or an error; only accepted links; never older than what was acknowledged before it was asked for.
 * Lists are remembered, and what an edge makes of them with them, such as the bytes that it sends (`ServerList.ready`);
 * `serversFor` gives the servers themselves; `ListChanges` tells who waits; `ListsAhead` reads what will be asked for.
 */
export { DiscoveryModule } from './discovery.module.js';
export { DiscoveryService, type ServerInSight } from './discovery.service.js';
export type { FirstLook } from './first-look.js';
export { ListChanges, type ListSubscription } from './list-changes.js';
export { ListsAhead } from './lists-ahead.js';
export { ranked, type Address } from './ranking.js';
export type { ServerList } from './server-list.js';
