import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import type { Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { HOUR } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { KnownNetworkEntity } from './account.entity.js';

const KNOWN = `
  SELECT 1 AS known FROM known_networks WHERE account_id = $1 AND network = $2 AND last_success_at >= $3`;

/** To the hour: signing in often must not write often. */
const REMEMBER = `
  INSERT INTO known_networks (account_id, network, last_success_at) VALUES ($1, $2, $3)
  ON CONFLICT (account_id, network) DO UPDATE SET last_success_at = excluded.last_success_at
  WHERE known_networks.last_success_at <= excluded.last_success_at - ${HOUR}`;

@Injectable()
export class KnownNetworksRepository {
  readonly #known: Statement;
  readonly #writeKnown: Statement;

  constructor(private readonly unitOfWork: UnitOfWork) {
    this.#known = unitOfWork.question(KNOWN);
    this.#writeKnown = unitOfWork.statement(REMEMBER);
  }

  /** At once on SQLite. */
  isKnown(accountId: AccountId, network: string, since: number): Soon<boolean> {
    return soon(this.#known([accountId, network, since]), (rows) => rows.length > 0);
  }

  /** Newest first. */
  of(accountId: AccountId): Promise<KnownNetworkEntity[]> {
    return this.unitOfWork.reading.find(KnownNetworkEntity, {
      where: { accountId },
      order: { lastSuccessAt: 'DESC' },
    });
  }

  async remember(accountId: AccountId, network: string, now: number): Promise<void> {
    await this.#writeKnown([accountId, network, now]);
  }

  async removeOf(accountId: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(KnownNetworkEntity, { accountId });
  }

  async removeBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(KnownNetworkEntity, { lastSuccessAt: LessThan(time) });
  }
}
