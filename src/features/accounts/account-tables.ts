import type { Tables } from '../../platform/database/connections.js';
import { AccountEntity, AccountTokenEntity, IssuedAccountIdEntity } from './account.entity.js';

/** For the one list of tables in the app module. */
export const accountTables: Tables = [AccountEntity, AccountTokenEntity, IssuedAccountIdEntity];
