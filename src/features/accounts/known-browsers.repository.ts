import { Injectable } from '@nestjs/common';
import { In, LessThan } from 'typeorm';
import type { Count, Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { KnownBrowserEntity } from './account.entity.js';

const KNOWN = `
  SELECT 1 AS known FROM known_browsers WHERE account_id = $1 AND digest = $2 AND last_success_at > $3`;

const COUNT = 'SELECT count(*) AS count FROM known_browsers WHERE account_id = $1';

const REPLACE = 'UPDATE known_browsers SET digest = $1 WHERE digest = $2';

const REMEMBER = `
  INSERT INTO known_browsers (account_id, digest, last_success_at) VALUES ($1, $2, $3)
  ON CONFLICT (account_id, digest) DO UPDATE SET last_success_at = excluded.last_success_at`;

@Injectable()
export class KnownBrowsersRepository {
  readonly #known: Statement;
  readonly #count: Count;
  readonly #writeReplaced: Statement;
  readonly #writeKnown: Statement;

  constructor(private readonly unitOfWork: UnitOfWork) {
    this.#known = unitOfWork.question(KNOWN);
    this.#count = unitOfWork.counting(COUNT);
    this.#writeReplaced = unitOfWork.statement(REPLACE);
    this.#writeKnown = unitOfWork.statement(REMEMBER);
  }

  /** At once on SQLite. */
  isKnown(accountId: AccountId, digest: string, since: number): Soon<boolean> {
    return soon(this.#known([accountId, digest, since]), (rows) => rows.length > 0);
  }

  /** Newest first. */
  of(accountId: AccountId): Promise<KnownBrowserEntity[]> {
    return this.unitOfWork.reading.find(KnownBrowserEntity, {
      where: { accountId },
      order: { lastSuccessAt: 'DESC' },
    });
  }

  /** The same browser under another secret, for every account that is known in it. */
  async replace(digest: string, fresh: string): Promise<void> {
    await this.#writeReplaced([fresh, digest]);
  }

  async remember(accountId: AccountId, digest: string, now: number): Promise<void> {
    await this.#writeKnown([accountId, digest, now]);
  }

  /** Keeps the newest ones. */
  async removeSurplus(accountId: AccountId, most: number): Promise<void> {
    if ((await this.#count([accountId])) <= most) return;
    const surplus = (await this.of(accountId)).slice(most).map(({ digest }) => digest);
    if (surplus.length === 0) return;
    await this.unitOfWork.writing.delete(KnownBrowserEntity, { accountId, digest: In(surplus) });
  }

  async removeOf(accountId: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(KnownBrowserEntity, { accountId });
  }

  async removeBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(KnownBrowserEntity, { lastSuccessAt: LessThan(time) });
  }
}
