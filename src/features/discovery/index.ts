/**
 * Discovery: the answer a device came for.
 *
 * Promises: complete or an error; only accepted links; never older than what was acknowledged before it was asked for.
 * Lists are remembered ready to send: `listOf` gives an edge the bytes that its own renderer wrote (a function kept as
 * long as the edge, for the bytes are kept by it) and their ETag; `serversFor` gives the servers to an edge that must put
 * them in order for each caller; `ListChanges` tells who waits.
 */
export { DiscoveryModule } from './discovery.module.js';
export { DiscoveryService, type ServerInSight } from './discovery.service.js';
export { ListChanges, type ListSubscription } from './list-changes.js';
export { ranked, type Address } from './ranking.js';
