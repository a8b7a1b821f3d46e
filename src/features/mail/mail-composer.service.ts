import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { composeLetter } from './letter.js';
import type { RenderedMail } from './mail-transport.js';
import type { ClaimedRow } from './outbox.repository.js';
import { isInvitation } from './mail.js';
import { MailStops } from './mail-stops.service.js';
import { recipientKeyOf, unseal } from './sealed-letter.js';
import { renderHtml } from './templates/html.js';
import { renderText } from './templates/text.js';

/** Turns a row of the outbox into a mail that can go. */
@Injectable()
export class MailComposer {
  readonly #host: string;

  constructor(
    private readonly keyRing: KeyRing,
    private readonly stops: MailStops,
    private readonly config: Config,
  ) {
    this.#host = new URL(config.publicUrl).hostname;
  }

  /** @throws SealBroken if the row was sealed with a key that is gone */
  compose(row: Pick<ClaimedRow, 'id' | 'sealed'>): RenderedMail {
    const { mail, recipient } = unseal(this.keyRing, row.id, row.sealed);
    const stopLink = isInvitation(mail.kind) ? this.stops.linkFor(recipientKeyOf(recipient)) : null;
    const letter = composeLetter(mail, this.config, stopLink);
    return {
      messageId: `<${row.id}@${this.#host}>`,
      to: recipient,
      subject: letter.subject,
      text: renderText(letter),
      html: renderHtml(letter),
      link: letter.action?.link ?? null,
      stopLink,
    };
  }
}
