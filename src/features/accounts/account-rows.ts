import type { AccountId } from '../../shared/ids.js';
import type { Account, AccountRole, AccountState, AccountWithVerifiers } from './account.js';

/** What an `Account` is made of, for a statement that finds one with something else. @param table its name there */
export function accountColumns(table: string): string {
  const columns = ['id', 'user_name', 'email', 'state', 'role', 'created_at'];
  return columns.map((column) => `${table}.${column}`).join(', ');
}

/** Those, in their order. */
export type AccountColumns = readonly [
  id: AccountId,
  userName: string,
  email: string,
  state: AccountState,
  role: AccountRole,
  createdAt: number,
];

/** @param columns what comes behind them is for others */
export function accountOf(columns: readonly [...AccountColumns, ...unknown[]]): Account {
  const [id, userName, email, state, role, createdAt] = columns;
  return { id, userName, email, state, role, createdAt };
}

/** An account by a unique column, with what proves its password. */
const by = (column: string): string => `
  SELECT ${column}, json_array(${accountColumns('accounts')}, password_hash, legacy_hash,
    failed_sign_ins, findable_by_name, findable_by_email) AS found
  FROM accounts WHERE ${column} = $1`;

export const BY_ID = by('id');
export const BY_USER_NAME = by('user_name_key');
export const BY_EMAIL = by('email_key');

/** The columns of that, in their order. */
type Row = readonly [
  ...account: AccountColumns,
  passwordHash: string,
  legacyHash: string | null,
  failedSignIns: number,
  // SQLite has numbers for them.
  findableByName: boolean | number,
  findableByEmail: boolean | number,
];

export function accountIn(json: string | undefined): AccountWithVerifiers | null {
  if (json === undefined) return null;
  const row = JSON.parse(json) as Row;
  const [, , , , , , passwordHash, legacyHash, failedSignIns, byName, byEmail] = row;
  const verifiers = { passwordHash, legacyHash, failedSignIns };
  return {
    ...accountOf(row),
    ...verifiers,
    findableByName: Boolean(byName),
    findableByEmail: Boolean(byEmail),
  };
}
