import type { Tables } from '../../platform/database/connections.js';
import {
  AccountEntity,
  AccountTokenEntity,
  HeldAddressEntity,
  IssuedAccountIdEntity,
  KnownNetworkEntity,
} from './account.entity.js';

/** For the one list of tables in the app module. */
export const accountTables: Tables = [
  AccountEntity,
  AccountTokenEntity,
  HeldAddressEntity,
  IssuedAccountIdEntity,
  KnownNetworkEntity,
];
