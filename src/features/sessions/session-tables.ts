import type { Tables } from '../../platform/database/connections.js';
import { DeviceTokenEntity } from './device-token.entity.js';
import { WebSessionEntity } from './web-session.entity.js';

/** For the one list of tables in the app module. */
export const sessionTables: Tables = [DeviceTokenEntity, WebSessionEntity];
