import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import type { Mail } from './mail.js';
import { MailDelivery } from './mail-delivery.service.js';
import { mails } from './mail-metrics.js';
import { OutboxRepository, type NewRow } from './outbox.repository.js';
import { recipientKeyOf, seal, type Posted } from './sealed-letter.js';

/** As much to seal as a common mail has. */
const TO_NOBODY: Posted = {
  mail: { kind: 'reset-password', userName: 'nobody', token: '0'.repeat(64) },
  recipient: 'nobody@example.org',
};

/** Where the rest of the broker posts mail. */
@Injectable()
export class MailOutbox {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly outbox: OutboxRepository,
    private readonly delivery: MailDelivery,
    private readonly keyRing: KeyRing,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Queues a mail. Only inside a unit of work: it is sent if and only if that commits.
   *
   * @param recipient one address of the grammar of S-91; kept as given, counted without regard to case
   * @param expiresAt when its link dies, after which it is dropped unsent; default MAIL_TTL from now
   */
  async post(mail: Mail, recipient: string, expiresAt?: number): Promise<void> {
    await this.outbox.add({
      ...this.#row({ mail, recipient }, expiresAt),
      kind: mail.kind,
      recipientKey: recipientKeyOf(recipient),
    });
    this.unitOfWork.afterCommit(() => mails.count({ outcome: 'queued' }));
    this.#wakeAfterCommit();
  }

  /**
   * Takes as long as `post` and sends nothing, for an answer that must not tell whether there is anybody to write to
   * (S-32). Only inside a unit of work.
   */
  async postNothing(): Promise<void> {
    await this.outbox.addEnded({ ...this.#row(TO_NOBODY), kind: 'nothing', recipientKey: '' });
    this.#wakeAfterCommit();
  }

  /** How many mails of that kind were queued for that recipient since then, whatever became of them. */
  countSince(kind: Mail['kind'], recipient: string, since: number): Promise<number> {
    return this.outbox.countSince(kind, recipientKeyOf(recipient), since);
  }

  #row(posted: Posted, expiresAt?: number): Omit<NewRow, 'kind' | 'recipientKey'> {
    const id = this.random.hex(16);
    const now = this.clock.now();
    return {
      id,
      sealed: seal(this.keyRing, id, posted),
      createdAt: now,
      expiresAt: expiresAt ?? now + this.config.mailTtl,
    };
  }

  #wakeAfterCommit(): void {
    this.unitOfWork.afterCommit(() => {
      this.delivery.wake();
    });
  }
}
