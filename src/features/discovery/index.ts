/**
 * Discovery: the answer a device came for.
 *
 * Promises: complete or an error; only accepted links; never older than what was acknowledged before it was asked for.
 * Lists are remembered ready to send: `listOf` gives an edge the bytes that its own renderer wrote (a function kept as
 * long as the edge, for the bytes are kept by it) and their ETag; `answerFor` gives the servers for an edge that must put
 * them in order for each caller; `changesOf` waits.
 */
export { DiscoveryModule } from './discovery.module.js';
export { DiscoveryService, type ServerInSight } from './discovery.service.js';
export type { Address } from './ranking.js';
