import { MailTransport, type Delivery, type RenderedMail } from '../../src/features/mail/index.js';

/** Keeps mail instead of sending it. `answer` is what becomes of the mails to come. */
export class RecordingTransport extends MailTransport {
  readonly mails: RenderedMail[] = [];
  answer: (mail: RenderedMail) => Delivery | Promise<Delivery> = () => 'sent';

  override async send(mail: RenderedMail): Promise<Delivery> {
    this.mails.push(mail);
    return this.answer(mail);
  }

  /** The newest mail to that address, or null. */
  lastTo(address: string): RenderedMail | null {
    return this.mails.findLast((mail) => mail.to === address) ?? null;
  }
}
