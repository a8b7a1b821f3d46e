import type { Tables } from '../../platform/database/connections.js';
import { PinEntity } from './pin.entity.js';

/** For the one list of tables in the app module. */
export const pinTables: Tables = [PinEntity];
