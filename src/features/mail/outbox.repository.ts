import { Injectable } from '@nestjs/common';
import { In, LessThan, LessThanOrEqual, MoreThanOrEqual, type FindOptionsWhere } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { DAY } from '../../shared/clock.js';
import type { MailKind } from './mail.js';
import { MailRefusalEntity } from './mail-refusal.entity.js';
import { MailStopEntity } from './mail-stop.entity.js';
import { OutboxEntity, type OutboxState } from './outbox.entity.js';

/** The entities of this feature. */
export const mailTables = [OutboxEntity, MailRefusalEntity, MailStopEntity];

/** A mail to keep. */
export type NewRow = Pick<OutboxEntity, 'id' | 'kind' | 'recipientKey' | 'createdAt' | 'expiresAt'> & {
  readonly sealed: string;
};

/** A mail that one sender holds until its lease ends. */
export type ClaimedRow = NewRow & { readonly attempts: number };

/** Where a claimed mail goes: it ends for good, or comes round again. */
export type Outcome =
  | { readonly state: Exclude<OutboxState, 'waiting'>; readonly at: number; readonly problem: string | null }
  | { readonly state: 'waiting'; readonly dueAt: number; readonly problem: string };

/** A refusal counts for so long: mailboxes come back. */
const REFUSAL_LIFE_MS = 90 * DAY;

/** How many due mails are looked at before giving up to faster senders. */
const LOOK_AHEAD = 10;

/** The outbox and the refusals, on disk. */
@Injectable()
export class OutboxRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Only inside a unit of work: the mail exists if and only if that commits. */
  async add(row: NewRow): Promise<void> {
    await this.#insert({ ...row, state: 'waiting', endedAt: null });
  }

  /** The same insert for a row that has ended before anybody sees it, without its content (S-32). */
  async addEnded(row: NewRow): Promise<void> {
    await this.#insert({ ...row, sealed: null, state: 'dropped', endedAt: row.createdAt });
  }

  /** Mails of a kind for a recipient since then, whatever became of them. */
  countSince(kind: MailKind, recipientKey: string, since: number): Promise<number> {
    return this.unitOfWork.reading.countBy(OutboxEntity, {
      recipientKey,
      kind,
      createdAt: MoreThanOrEqual(since),
    });
  }

  /**
   * Takes the mail that has been due longest, until `leaseEnd`; null if none is due. Over all nodes one sender gets
   * it: the claim moves `due_at` ahead only where nobody else has.
   */
  async claim(now: number, leaseEnd: number): Promise<ClaimedRow | null> {
    const due = await this.unitOfWork.reading.find(OutboxEntity, {
      where: { state: 'waiting', dueAt: LessThanOrEqual(now) },
      order: { dueAt: 'ASC' },
      take: LOOK_AHEAD,
    });
    for (const row of due) {
      if (await this.#take(row, leaseEnd)) return claimedFrom(row);
    }
    return null;
  }

  /** Writes down what became of a claimed mail; false if its lease had ended and somebody else has it now. */
  async settle(row: ClaimedRow, outcome: Outcome): Promise<boolean> {
    const change =
      outcome.state === 'waiting'
        ? { dueAt: outcome.dueAt, lastProblem: outcome.problem }
        : { state: outcome.state, endedAt: outcome.at, lastProblem: outcome.problem, sealed: null };
    return this.unitOfWork.run(async () => {
      const result = await this.unitOfWork.writing.update(
        OutboxEntity,
        { id: row.id, state: 'waiting', attempts: row.attempts },
        change,
      );
      return result.affected === 1;
    });
  }

  /** Ends every waiting mail whose link has died, and erases its content; answers how many. */
  async dropExpired(now: number): Promise<number> {
    return this.unitOfWork.run(async () => {
      const result = await this.unitOfWork.writing.update(
        OutboxEntity,
        { state: 'waiting', expiresAt: LessThanOrEqual(now), dueAt: LessThanOrEqual(now) },
        { state: 'dropped', endedAt: now, lastProblem: 'expired', sealed: null },
      );
      return result.affected ?? 0;
    });
  }

  /** Forgets mails that ended at that time or before. */
  async purge(endedUntil: number): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.unitOfWork.writing.delete(OutboxEntity, {
        state: In(['sent', 'failed', 'dropped'] satisfies OutboxState[]),
        endedAt: LessThanOrEqual(endedUntil),
      });
    });
  }

  /** How often mail for that recipient was refused lately, with none taken since. */
  async refusalsOf(recipientKey: string, now: number): Promise<number> {
    const row = await this.unitOfWork.reading.findOneBy(MailRefusalEntity, {
      recipientKey,
      lastAt: MoreThanOrEqual(now - REFUSAL_LIFE_MS),
    });
    return row?.permanentFailures ?? 0;
  }

  countWaiting(): Promise<number> {
    return this.unitOfWork.reading.countBy(OutboxEntity, { state: 'waiting' });
  }

  /** When the mail was posted that has been waiting longest; null if none waits. */
  oldestWaiting(): Promise<number | null> {
    return this.unitOfWork.reading.minimum(OutboxEntity, 'createdAt', { state: 'waiting' });
  }

  isStopped(recipientKey: string): Promise<boolean> {
    return this.unitOfWork.reading.existsBy(MailStopEntity, { recipientKey });
  }

  /** The owner of the address wants no more invitations (S-92). Inside a unit of work. */
  async stop(recipientKey: string, stoppedAt: number): Promise<void> {
    await this.unitOfWork.writing.upsert(MailStopEntity, { recipientKey, stoppedAt }, ['recipientKey']);
  }

  /** Erases the refusals that do not count any more. */
  async forgetRefusals(now: number): Promise<void> {
    await this.unitOfWork.run(() => this.#forgetRefusals({ lastAt: LessThan(now - REFUSAL_LIFE_MS) }));
  }

  /** Ends a claimed mail that its mail server took, which clears what was held against the recipient. */
  async accept(row: ClaimedRow, at: number): Promise<boolean> {
    return this.unitOfWork.run(async () => {
      const mine = await this.settle(row, { state: 'sent', at, problem: null });
      if (mine) await this.#forgetRefusals({ recipientKey: row.recipientKey });
      return mine;
    });
  }

  /** Ends a claimed mail that its mail server refused for good, and counts that against the recipient. */
  async refuse(row: ClaimedRow, at: number, problem: string): Promise<boolean> {
    return this.unitOfWork.run(async () => {
      const mine = await this.settle(row, { state: 'failed', at, problem });
      if (mine) await this.#countRefusal(row.recipientKey, at);
      return mine;
    });
  }

  async #countRefusal(recipientKey: string, at: number): Promise<void> {
    const { writing } = this.unitOfWork;
    await this.#forgetRefusals({ recipientKey, lastAt: LessThan(at - REFUSAL_LIFE_MS) });
    const result = await writing
      .createQueryBuilder()
      .update(MailRefusalEntity)
      .set({ permanentFailures: () => 'permanent_failures + 1', lastAt: at })
      .where({ recipientKey })
      .execute();
    // Two first refusals at once: one insert fails and its unit of work runs again.
    if (result.affected === 0) {
      await writing.insert(MailRefusalEntity, { recipientKey, permanentFailures: 1, lastAt: at });
    }
  }

  async #forgetRefusals(which: FindOptionsWhere<MailRefusalEntity>): Promise<void> {
    await this.unitOfWork.writing.delete(MailRefusalEntity, which);
  }

  async #insert(row: Omit<OutboxEntity, 'attempts' | 'dueAt' | 'lastProblem'>): Promise<void> {
    await this.unitOfWork.writing.insert(OutboxEntity, {
      ...row,
      attempts: 0,
      dueAt: row.createdAt,
      lastProblem: null,
    });
  }

  #take(row: OutboxEntity, leaseEnd: number): Promise<boolean> {
    return this.unitOfWork.run(async () => {
      const result = await this.unitOfWork.writing.update(
        OutboxEntity,
        { id: row.id, state: 'waiting', attempts: row.attempts, dueAt: row.dueAt },
        { attempts: row.attempts + 1, dueAt: leaseEnd },
      );
      return result.affected === 1;
    });
  }
}

function claimedFrom({ id, kind, recipientKey, createdAt, expiresAt, ...row }: OutboxEntity): ClaimedRow {
  const sealed = row.sealed ?? '';
  return { id, kind, recipientKey, createdAt, expiresAt, sealed, attempts: row.attempts + 1 };
}
