import { Injectable } from '@nestjs/common';
import { LessThan, Not } from 'typeorm';
import { Changes } from '../../platform/changes/changes.js';
import type { Count, LookUp, Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { Stamped } from '../../platform/jobs/stamps.js';
import type { AccountId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { accountColumns, accountOf, type Account, type AccountColumns } from '../accounts/index.js';
import { WebSessionEntity } from './web-session.entity.js';
import type { WebSession } from './web-session.js';

/** The browser behind a token and its account, in one statement: both as they were at the same moment. */
const SIGNED_IN = `
  SELECT s.digest, json_array(s.id, s.browser, s.network, s.persistent, s.created_at, s.last_used_at, s.authenticated_at,
    ${accountColumns('a')}) AS found
  FROM web_sessions s JOIN accounts a ON a.id = s.account_id WHERE s.digest = $1`;

/** The columns of that, in their order. */
type SignedInRow = readonly [
  id: string,
  browser: string,
  network: string,
  // SQLite has numbers for it.
  persistent: boolean | number,
  createdAt: number,
  lastUsedAt: number,
  authenticatedAt: number,
  ...account: AccountColumns,
];

const COUNT = 'SELECT count(*) AS count FROM web_sessions WHERE account_id = $1';

const ADD = `
  INSERT INTO web_sessions (id, digest, account_id, browser, network, persistent, created_at, last_used_at, authenticated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

const STAMP = 'UPDATE web_sessions SET last_used_at = $1 WHERE id = $2';

/** A browser session as it is stored, and whose it is. */
export interface StoredWebSession {
  readonly session: WebSession;
  readonly account: Account;
}

@Injectable()
export class WebSessionsRepository {
  readonly #signedIn: LookUp;
  readonly #count: Count;
  readonly #writeSession: Statement;
  readonly #writeStamp: Statement;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {
    this.#signedIn = unitOfWork.prepare(SIGNED_IN);
    this.#count = unitOfWork.counting(COUNT);
    this.#writeSession = unitOfWork.statement(ADD);
    this.#writeStamp = unitOfWork.statement(STAMP);
  }

  /** At once on SQLite. */
  findByDigest(digest: string): Soon<StoredWebSession | null> {
    return soon(this.#signedIn(digest), (json) => (json === undefined ? null : storedIn(json)));
  }

  of(accountId: AccountId): Promise<WebSession[]> {
    return this.unitOfWork.reading.find(WebSessionEntity, {
      where: { accountId },
      order: { lastUsedAt: 'DESC' },
    });
  }

  count(accountId: AccountId): Promise<number> {
    return this.#count([accountId]);
  }

  async add(session: WebSession, digest: string): Promise<void> {
    const { id, accountId, browser, network, persistent, createdAt, lastUsedAt, authenticatedAt } = session;
    const times = [createdAt, lastUsedAt, authenticatedAt];
    // SQLite takes no booleans, PostgreSQL takes 1 and 0 for one.
    await this.#writeSession([id, digest, accountId, browser, network, Number(persistent), ...times]);
  }

  async markUsed(stamped: Stamped<string>): Promise<void> {
    for (const [id, lastUsedAt] of stamped) await this.#writeStamp([lastUsedAt, id]);
  }

  /** The same session under a new token, as after typing the password again (S-10). */
  async renew(id: string, digest: string, authenticatedAt: number): Promise<void> {
    await this.unitOfWork.writing.update(WebSessionEntity, { id }, { digest, authenticatedAt });
  }

  /** @returns false if there is none, or it is somebody else's */
  async remove(id: string, accountId: AccountId): Promise<boolean> {
    const result = await this.unitOfWork.writing.delete(WebSessionEntity, { id, accountId });
    this.changes.note('account', accountId);
    return result.affected === 1;
  }

  async removeOthers(accountId: AccountId, kept: string): Promise<void> {
    await this.unitOfWork.writing.delete(WebSessionEntity, { accountId, id: Not(kept) });
    this.changes.note('account', accountId);
  }

  async removeIdleSince(time: number, persistent: boolean): Promise<void> {
    await this.unitOfWork.writing.delete(WebSessionEntity, { lastUsedAt: LessThan(time), persistent });
  }
}

function storedIn(json: string): StoredWebSession {
  const row = JSON.parse(json) as SignedInRow;
  const [id, browser, network, persistent, createdAt, lastUsedAt, authenticatedAt, ...columns] = row;
  const account = accountOf(columns);
  const times = { createdAt, lastUsedAt, authenticatedAt };
  const session = { id, accountId: account.id, browser, network, persistent: Boolean(persistent), ...times };
  return { session, account };
}
