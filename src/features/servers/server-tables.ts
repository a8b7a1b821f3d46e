import type { Tables } from '../../platform/database/connections.js';
import { ServerEntity } from './server.entity.js';

/** For the one list of tables in the app module. */
export const serverTables: Tables = [ServerEntity];
