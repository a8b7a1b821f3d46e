import type { Log } from '../../platform/logging/log.js';
import { MailTransport, type Delivery, type RenderedMail } from './mail-transport.js';

/** Where a person may be reading along. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Prints mail instead of sending it, links and all, so that a newcomer can try everything without a mail server.
 * Only for a broker that nobody but this machine can reach: whoever reads its log can confirm any address.
 */
export class LogTransport extends MailTransport {
  constructor(
    private readonly log: Log,
    private readonly terminal: Terminal,
  ) {
    super();
  }

  override send({ to, subject, link, text }: RenderedMail): Promise<Delivery> {
    this.log.info({ to, subject, link, text }, 'mail');
    if (this.terminal.isTTY === true) this.terminal.write(forPeople({ to, subject, link }));
    return Promise.resolve('sent');
  }
}

function forPeople({ to, subject, link }: Pick<RenderedMail, 'to' | 'subject' | 'link'>): string {
  const lines = [`Mail to ${to}: ${subject}`, ...(link === null ? [] : [link])];
  return `\n${lines.map((line) => `  ${line.replace(/\p{C}/gu, '')}\n`).join('')}\n`;
}
