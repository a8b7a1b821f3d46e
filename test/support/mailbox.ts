import type { RecordingLog } from './recording-log.js';

export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The link in it, or ''. */
  readonly link: string;
}

/** The mails that a broker without SMTP_URL has logged. */
export class Mailbox {
  constructor(
    private readonly log: RecordingLog,
    private readonly settled: () => Promise<void>,
  ) {}

  /** Mails to an address, oldest first, once everything that is under way has been delivered. */
  async to(address: string): Promise<ReceivedMail[]> {
    await this.settled();
    return this.log.lines
      .filter(({ message, fields }) => message === 'mail' && (fields as { to?: unknown }).to === address)
      .map(({ fields }) => ({ link: '', ...fields }) as ReceivedMail);
  }

  /** The newest mail to an address. */
  async last(address: string): Promise<ReceivedMail> {
    const mail = (await this.to(address)).at(-1);
    if (!mail) throw new Error(`no mail to ${address}`);
    return mail;
  }

  /** The secret in the link of the newest mail. */
  async lastToken(address: string): Promise<string> {
    const { searchParams } = new URL((await this.last(address)).link);
    return searchParams.get('token') ?? searchParams.get('invitation') ?? '';
  }
}
