import { Injectable } from '@nestjs/common';
import { setImmediate as breathe } from 'node:timers/promises';
import { Config } from '../../config/index.js';
import { Log } from '../../platform/logging/log.js';
import { Clock, SECOND } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { isInvitation } from './mail.js';
import { MailComposer } from './mail-composer.service.js';
import { mails } from './mail-metrics.js';
import { MailTransport, type Delivery } from './mail-transport.js';
import { OutboxRepository, type ClaimedRow } from './outbox.repository.js';
import { pauseAfter } from './retry-schedule.js';

/** A mail is its sender's for so long; then, if nothing was heard of it, somebody else's. */
export const LEASE_MS = 60 * SECOND;

/** A recipient whose mail servers refused mail for good so often in a row gets no more invitations. */
const REFUSALS_UNTIL_SILENCE = 2;

/** Takes one mail from the outbox to its end, or back into the outbox. */
@Injectable()
export class MailDispatch {
  constructor(
    private readonly outbox: OutboxRepository,
    private readonly composer: MailComposer,
    private readonly transport: MailTransport,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly log: Log,
  ) {}

  /** Claims the next mail to send, dropping those on the way that nobody wants any more; null if none is due. */
  async next(): Promise<ClaimedRow | null> {
    for (;;) {
      const now = this.clock.now();
      const row = await this.outbox.claim(now, now + LEASE_MS);
      if (row === null) return null;
      const problem = await this.#unwanted(row, now);
      if (problem === null) return row;
      await this.outbox.settle(row, { state: 'dropped', at: now, problem });
      this.#report(row, 'dropped', problem);
      // A long row of these on SQLite would never let a request in: nothing in it waits for the outside.
      await breathe();
    }
  }

  /** Sends a claimed mail, outside any transaction, and writes down what became of it. */
  async deliver(row: ClaimedRow): Promise<void> {
    const delivery = await this.#send(row);
    const now = this.clock.now();
    if (delivery === 'sent') {
      await this.outbox.accept(row, now);
      mails.count({ outcome: 'sent' });
      this.log.debug({ mail: row.id, kind: row.kind, attempts: row.attempts }, 'mail sent');
    } else if ('refused' in delivery) {
      await this.outbox.refuse(row, now, delivery.refused);
      this.#report(row, 'failed', delivery.refused);
    } else {
      await this.#postpone(row, now, delivery.retry);
    }
  }

  async #unwanted(row: ClaimedRow, now: number): Promise<string | null> {
    if (row.expiresAt <= now) return 'expired';
    if (!isInvitation(row.kind)) return null;
    if (await this.outbox.isStopped(row.recipientKey)) return 'recipient wants none';
    const refusals = await this.outbox.refusalsOf(row.recipientKey, now);
    return refusals >= REFUSALS_UNTIL_SILENCE ? 'recipient suppressed' : null;
  }

  /** Trouble of our own (a key that is missing) is as temporary as trouble of the mail server. */
  async #send(row: ClaimedRow): Promise<Delivery> {
    try {
      return await this.transport.send(this.composer.compose(row));
    } catch (error) {
      this.log.error({ mail: row.id, kind: row.kind, error }, 'mail could not be prepared');
      return { retry: 'could not be prepared' };
    }
  }

  async #postpone(row: ClaimedRow, now: number, problem: string): Promise<void> {
    const dueAt = now + pauseAfter(row.attempts, this.random);
    if (dueAt >= Math.min(row.expiresAt, row.createdAt + this.config.mailTtl)) {
      await this.outbox.settle(row, { state: 'failed', at: now, problem });
      this.#report(row, 'failed', problem);
      return;
    }
    await this.outbox.settle(row, { state: 'waiting', dueAt, problem });
    this.#report(row, 'waiting', problem);
  }

  /** Without the recipient: an id is enough to find the row, and logs are for everybody's eyes. */
  #report(row: ClaimedRow, state: 'failed' | 'dropped' | 'waiting', problem: string): void {
    mails.count({ outcome: state === 'waiting' ? 'retried' : state });
    this.log.warn({ mail: row.id, kind: row.kind, attempts: row.attempts, state, problem }, 'mail not sent');
  }
}
