import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { setImmediate as breathe, setTimeout as pause } from 'node:timers/promises';
import { Config } from '../../config/index.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { Log } from '../../platform/logging/log.js';
import { Clock, DAY, HOUR, SECOND } from '../../shared/clock.js';
import { MailDispatch } from './mail-dispatch.service.js';
import { mailBacklog, mailOldest, mails } from './mail-metrics.js';
import { MailTransport } from './mail-transport.js';
import { OutboxRepository } from './outbox.repository.js';
import { Pace } from './pace.js';

/** Nothing posted by another node, or left over from before a restart, waits longer than this to be noticed. */
const LOOK_EVERY_MS = 5 * SECOND;
/** Mails under way at once: one slow mailbox must not hold up the others. */
const SENDERS = 4;
/** On shutdown, mails under way may take so long before they are cut. */
const GRACE_MS = 2 * SECOND;
/** Ended mails are kept so long for limits and questions, without their content. */
const KEEP_ENDED_MS = 30 * DAY;

/** Decides when mail is sent: soon after it was posted, not too fast, and not during a shutdown. */
@Injectable()
export class MailDelivery implements OnModuleInit, OnModuleDestroy {
  readonly #senders = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #pace: Pace;
  #wakes = 0;

  constructor(
    private readonly dispatch: MailDispatch,
    private readonly transport: MailTransport,
    private readonly outbox: OutboxRepository,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly log: Log,
    config: Config,
  ) {
    // Its share: the nodes do not know who sends when.
    this.#pace = new Pace(config.mailRate / config.nodes);
  }

  onModuleInit(): void {
    // Every hour rather than every day: a process that is restarted daily would never come to it.
    this.#show();
    this.jobs.everyByOne('tidy the outbox', HOUR, () => this.tidy());
    if (this.transport.delivers) {
      this.jobs.every('look for mail', LOOK_EVERY_MS, () => this.#look());
    } else {
      this.log.warn({ setting: 'SMTP_URL' }, 'no mail server is set: mail stays in the outbox, unsent');
    }
  }

  /** Something may be due: starts a sender unless enough are at it. Returns at once. */
  wake(): void {
    this.#wakes += 1;
    if (!this.transport.delivers || this.#stopping.signal.aborted || this.#senders.size >= SENDERS) return;
    this.jobs.soon('send mail', () => {
      const sender = this.#sendUntilNoneIsDue().finally(() => this.#senders.delete(sender));
      this.#senders.add(sender);
      return sender;
    });
  }

  /** Drops what has expired, with its content, and forgets what ended long ago. */
  async tidy(): Promise<void> {
    const now = this.clock.now();
    const dropped = await this.outbox.dropExpired(now);
    mails.count({ outcome: 'dropped' }, dropped);
    if (dropped > 0) this.log.warn({ dropped }, 'mails expired before they could be sent');
    await this.outbox.purge(now - KEEP_ENDED_MS);
    await this.outbox.forgetRefusals(now);
  }

  /** No new mail is begun; those under way get a moment, then their connections are cut. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    if (this.#senders.size > 0) {
      await Promise.race([Promise.allSettled(this.#senders), pause(GRACE_MS, undefined, { ref: false })]);
    }
    this.transport.close();
  }

  #show(): void {
    mailBacklog.readBy({}, () => this.outbox.countWaiting());
    mailOldest.readBy({}, async () => {
      const oldest = await this.outbox.oldestWaiting();
      return oldest === null ? 0 : Math.max(0, this.clock.now() - oldest) / SECOND;
    });
  }

  #look(): Promise<void> {
    this.wake();
    return Promise.resolve();
  }

  async #sendUntilNoneIsDue(): Promise<void> {
    // The request that posted answers first: on SQLite a claim would hold it up, and tell that there is a mail (S-32).
    await breathe();
    while (!this.#stopping.signal.aborted) {
      const seen = this.#wakes;
      const row = await this.dispatch.next();
      if (row !== null) {
        // There may be more: another sender looks while this one is busy.
        this.wake();
        if (await this.#myTurn()) await this.dispatch.deliver(row);
      } else if (seen === this.#wakes) {
        return;
      }
    }
  }

  /** Waits for the pace; false if the process stops meanwhile: the mail comes round when its lease ends. */
  async #myTurn(): Promise<boolean> {
    const { signal } = this.#stopping;
    try {
      await pause(this.#pace.reserve(performance.now()), undefined, { ref: false, signal });
    } catch {
      return false;
    }
    return !signal.aborted;
  }
}
