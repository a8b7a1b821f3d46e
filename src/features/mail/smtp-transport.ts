import type { Transporter } from 'nodemailer';
import { SECOND } from '../../shared/clock.js';
import { MailTransport, SEND_DEADLINE_MS, type Delivery, type RenderedMail } from './mail-transport.js';
import { smtpOptions, type SmtpTimeouts } from './smtp-options.js';
import { whatBecameOf } from './smtp-outcome.js';

/** Silences on the way to, and in talk with, a mail server; and all of it together. */
const TIMEOUTS: SmtpTimeouts = { connect: 10 * SECOND, silence: 15 * SECOND, whole: SEND_DEADLINE_MS };

/**
 * Hands mail to a mail server. One connection for each mail: what goes wrong with one stays with that one.
 *
 * TLS and a verified certificate are demanded, and there is no way to turn that off, except towards this machine
 * itself, where neither protects anything (S-90).
 */
export class SmtpTransport extends MailTransport {
  readonly #options: ReturnType<typeof smtpOptions>;
  #transport: Promise<Transporter> | undefined;
  readonly #from: string;
  readonly #deadlineMs: number;
  readonly #underWay = new Set<AbortController>();
  #closed = false;

  constructor(settings: { readonly url: string; readonly from: string }, timeouts = TIMEOUTS) {
    super();
    this.#options = smtpOptions(settings.url, timeouts);
    this.#from = settings.from;
    this.#deadlineMs = timeouts.whole;
  }

  override async send(mail: RenderedMail): Promise<Delivery> {
    if (this.#closed) return { retry: 'the broker is stopping' };
    const cut = new AbortController();
    const deadline = setTimeout(() => cut.abort(), this.#deadlineMs);
    this.#underWay.add(cut);
    try {
      const transport = await (this.#transport ??= open(this.#options));
      await transport.sendMail(this.#message(mail, cut.signal));
      return 'sent';
    } catch (error) {
      return whatBecameOf(error);
    } finally {
      clearTimeout(deadline);
      this.#underWay.delete(cut);
    }
  }

  override close(): void {
    this.#closed = true;
    for (const cut of this.#underWay) cut.abort();
  }

  #message(mail: RenderedMail, signal: AbortSignal): object {
    return {
      from: this.#from,
      // An object, so that nobody parses the address: one with a comma stays one recipient (S-91).
      to: { name: '', address: mail.to },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: mail.messageId,
      // No out-of-office answers, please (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated', ...stopHeaders(mail.stopLink) },
      disableFileAccess: true,
      disableUrlAccess: true,
      signal,
    };
  }
}

/** With the first mail: the package is large. */
async function open(options: ReturnType<typeof smtpOptions>): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  return createTransport(options);
}

/** Mail programs show a button of their own for this (RFC 2369, RFC 8058). */
function stopHeaders(link: string | null): Record<string, string> {
  if (link === null) return {};
  return { 'List-Unsubscribe': `<${link}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
}
