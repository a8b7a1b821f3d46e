import type { DeviceId } from '../../shared/ids.js';
import { accountColumns, accountOf, type Account, type AccountColumns } from '../accounts/index.js';
import type { Device } from './device.js';

/** A device token as it is stored, and whose it is. */
export interface StoredSignIn {
  readonly device: Pick<Device, 'id' | 'createdAt' | 'lastUsedAt'>;
  readonly account: Account;
}

/**
 * Finds a token and its account by the token's digest, both as they were at the same moment.
 *
 * @param more what else of the account `a` to find with it
 */
export function signedIn(...more: readonly string[]): string {
  const columns = ['d.id', 'd.created_at', 'd.last_used_at', accountColumns('a'), ...more];
  return `
    SELECT d.digest, json_array(${columns.join(', ')}) AS found
    FROM device_tokens d JOIN accounts a ON a.id = d.account_id WHERE d.digest = $1`;
}

/** The columns of that, in their order. */
export type SignedInColumns = readonly [
  deviceId: DeviceId,
  createdAt: number,
  lastUsedAt: number,
  ...account: AccountColumns,
];

/** @param columns what comes behind them is for others */
export function signInOf([id, createdAt, lastUsedAt, ...account]: readonly [
  ...SignedInColumns,
  ...unknown[],
]): StoredSignIn {
  return { device: { id, createdAt, lastUsedAt }, account: accountOf(account) };
}
