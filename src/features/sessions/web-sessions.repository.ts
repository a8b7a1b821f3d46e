import { Injectable } from '@nestjs/common';
import { LessThan, Not } from 'typeorm';
import { Changes } from '../../platform/changes/changes.js';
import type { Count, Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { WebSessionEntity } from './web-session.entity.js';
import type { WebSession } from './web-session.js';

const COUNT = 'SELECT count(*) AS count FROM web_sessions WHERE account_id = $1';

const ADD = `
  INSERT INTO web_sessions (id, digest, account_id, browser, network, persistent, created_at, last_used_at, authenticated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

@Injectable()
export class WebSessionsRepository {
  readonly #count: Count;
  readonly #writeSession: Statement;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {
    this.#count = unitOfWork.counting(COUNT);
    this.#writeSession = unitOfWork.statement(ADD);
  }

  findByDigest(digest: string): Promise<WebSession | null> {
    return this.unitOfWork.reading.findOneBy(WebSessionEntity, { digest });
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

  async markUsed(id: string, lastUsedAt: number): Promise<void> {
    await this.unitOfWork.writing.update(WebSessionEntity, { id }, { lastUsedAt });
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
