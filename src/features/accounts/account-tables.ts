import type { Tables } from '../../platform/database/connections.js';
import {
  AccountEntity,
  AccountTokenEntity,
  HeldAddressEntity,
  IssuedAccountIdEntity,
  KnownBrowserEntity,
  KnownNetworkEntity,
} from './account.entity.js';

/** For the one list of tables in the app module. */
export const accountTables: Tables = [
  AccountEntity,
  AccountTokenEntity,
  HeldAddressEntity,
  IssuedAccountIdEntity,
  KnownBrowserEntity,
  KnownNetworkEntity,
];
