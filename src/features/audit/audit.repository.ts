import { Injectable } from '@nestjs/common';
import { LessThan, MoreThan, MoreThanOrEqual, Not } from 'typeorm';
import type { Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { AuditEventEntity } from './audit-event.entity.js';

export type RecordedEvent = Readonly<AuditEventEntity>;

/** How often a server has looked an account up. */
export interface LookupCount {
  readonly serverName: string;
  readonly count: number;
}

/** Registering is free: a crowd of servers must not make an answer too long. */
const MOST_SERVERS = 50;

const ADD = `
  INSERT INTO audit_events (id, at, kind, outcome, account_id, server_id, network, request_id, detail)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

@Injectable()
export class AuditRepository {
  readonly #writeEvent: Statement;

  constructor(private readonly unitOfWork: UnitOfWork) {
    this.#writeEvent = unitOfWork.statement(ADD);
  }

  async add(event: RecordedEvent): Promise<void> {
    const { id, at, kind, outcome, accountId, serverId, network, requestId, detail } = event;
    await this.#writeEvent([id, at, kind, outcome, accountId, serverId, network, requestId, detail]);
  }

  ofAccount(accountId: AccountId, since: number, but: string, most: number): Promise<RecordedEvent[]> {
    const where = { accountId, at: MoreThanOrEqual(since), kind: Not(but) };
    return this.unitOfWork.reading.find(AuditEventEntity, {
      where,
      order: { at: 'DESC', id: 'ASC' },
      take: most,
    });
  }

  /** When such events were since then, the latest first. */
  async times(
    { accountId, kind, outcome }: Pick<RecordedEvent, 'kind' | 'outcome'> & { accountId: AccountId },
    since: number,
    most: number,
  ): Promise<number[]> {
    const where = { accountId, kind, outcome, at: MoreThan(since) };
    const latest = { where, select: { at: true } as const, order: { at: 'DESC' as const }, take: most };
    return (await this.unitOfWork.reading.find(AuditEventEntity, latest)).map(({ at }) => at);
  }

  /** Events of one kind, counted by server; the name is one that it had then. */
  async countByServer(accountId: AccountId, since: number, kind: string): Promise<LookupCount[]> {
    const rows = await this.unitOfWork.reading
      .createQueryBuilder(AuditEventEntity, 'event')
      .select('MAX(event.detail)', 'name')
      .addSelect('COUNT(*)', 'count')
      .where('event.accountId = :accountId AND event.at >= :since AND event.kind = :kind')
      .setParameters({ accountId, since, kind })
      .groupBy('event.serverId')
      .orderBy('COUNT(*)', 'DESC')
      .addOrderBy('event.serverId')
      .limit(MOST_SERVERS)
      .getRawMany<{ name: string; count: string | number }>();
    return rows.map(({ name, count }) => ({ serverName: name, count: Number(count) }));
  }

  async removeBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(AuditEventEntity, { at: LessThan(time) });
  }

  async forgetNetworksBefore(time: number): Promise<void> {
    const old = { at: LessThan(time), network: Not('') };
    await this.unitOfWork.writing.update(AuditEventEntity, old, { network: '' });
  }
}
