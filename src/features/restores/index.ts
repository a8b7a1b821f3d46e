/**
 * Restores: backups that were put back, standbys that took over, and the hold that follows.
 *
 * Promises: until the operator accepts a restore, nothing is said to media servers and devices by which they would take
 * something for gone; every node knows of it within two seconds, or says nothing either.
 */
import type { Tables } from '../../platform/database/connections.js';
import { DatabaseEpochEntity } from './database-epoch.entity.js';
import { RestoreEntity } from './restore.entity.js';

export { RestoreHold } from './restore-hold.service.js';
export { RestoresModule } from './restores.module.js';
export { RestoresRepository, type Restore } from './restores.repository.js';
export const restoreTables: Tables = [RestoreEntity, DatabaseEpochEntity];
