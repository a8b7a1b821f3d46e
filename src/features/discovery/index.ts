/**
 * Discovery: the answer a device came for. What makes it fast (ready lists in memory) has its room here.
 *
 * Promises: complete or an error; only accepted links.
 */
export { DiscoveryModule } from './discovery.module.js';
export { DiscoveryService, type ServerInSight } from './discovery.service.js';
export { ListChanges, type ListSubscription } from './list-changes.js';
export { ranked, type Address } from './ranking.js';
