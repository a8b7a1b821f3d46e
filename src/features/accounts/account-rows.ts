import type { AccountId } from '../../shared/ids.js';
import type { AccountRole, AccountState, AccountWithVerifiers } from './account.js';

/** An account by a unique column, with what proves its password. */
const by = (column: string): string => `
  SELECT ${column}, json_array(id, user_name, email, state, role, created_at, password_hash, legacy_hash,
    failed_sign_ins, findable_by_name, findable_by_email) AS found
  FROM accounts WHERE ${column} = $1`;

export const BY_ID = by('id');
export const BY_USER_NAME = by('user_name_key');
export const BY_EMAIL = by('email_key');

/** The columns of that, in their order. */
type Row = readonly [
  id: AccountId,
  userName: string,
  email: string,
  state: AccountState,
  role: AccountRole,
  createdAt: number,
  passwordHash: string,
  legacyHash: string | null,
  failedSignIns: number,
  // SQLite has numbers for them.
  findableByName: boolean | number,
  findableByEmail: boolean | number,
];

export function accountIn(json: string | undefined): AccountWithVerifiers | null {
  if (json === undefined) return null;
  const [id, userName, email, state, role, createdAt, ...more] = JSON.parse(json) as Row;
  const [passwordHash, legacyHash, failedSignIns, byName, byEmail] = more;
  const account = { id, userName, email, state, role, createdAt };
  const verifiers = { passwordHash, legacyHash, failedSignIns };
  return { ...account, ...verifiers, findableByName: Boolean(byName), findableByEmail: Boolean(byEmail) };
}
