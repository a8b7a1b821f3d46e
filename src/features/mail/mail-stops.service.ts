import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { KeyRing, SealBroken } from '../../platform/crypto/key-ring.js';
import { Clock } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { OutboxRepository } from './outbox.repository.js';

const CONTEXT = ['stop-mail'];

/** "No more of these, please": one click in every invitation mail, without an account (S-92, RFC 8058). */
@Injectable()
export class MailStops {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly outbox: OutboxRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** The link that stops invitations to an address. It names the address sealed, and works as long as the key ring. */
  linkFor(recipientKey: string): string {
    const token = this.keyRing.seal(recipientKey, CONTEXT);
    return `${this.config.publicUrl}/stop?token=${encodeURIComponent(token)}`;
  }

  /** The address in a link, for the page to show. @throws DomainError gone `link-spent` */
  addressIn(token: string): string {
    try {
      return this.keyRing.open(token, CONTEXT);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      throw new DomainError('gone', 'link-spent', 'This link does not work.');
    }
  }

  /** No invitation goes to this address any more; those that wait are dropped. Repeating it changes nothing. */
  async stop(token: string): Promise<void> {
    const recipientKey = this.addressIn(token);
    await this.unitOfWork.run(() => this.outbox.stop(recipientKey, this.clock.now()));
  }
}
