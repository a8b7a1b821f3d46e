/** A mail ready to go. The sender is the transport's own (S-90). */
export interface RenderedMail {
  /** `<row id@host of PUBLIC_URL>`: the same over all attempts, so that a mail server can tell a repetition. */
  readonly messageId: string;
  /** One bare address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The address behind its button, which is also in both bodies; null where there is nothing to do. */
  readonly link: string | null;
  /** Stops mails of this kind to this address; null for mails that the recipient asked for (S-92). */
  readonly stopLink: string | null;
}

/**
 * What became of a mail. Reasons are codes and our own words, fit for logs: what a mail server says may quote the mail,
 * and with it a token (S-53).
 *
 * - `retry`: trouble that may pass: no connection, a 4xx, our own account at the mail server refused
 * - `refused`: the mail server will never take this mail for this recipient (5xx)
 */
export type Delivery = 'sent' | { readonly retry: string } | { readonly refused: string };

/** The way out for mail. */
export abstract class MailTransport {
  /** False: nothing can be sent, and mail stays in the outbox untouched. */
  readonly delivers: boolean = true;

  /** Hands one mail over. Takes no longer than `SEND_DEADLINE_MS` and does not throw. */
  abstract send(mail: RenderedMail): Promise<Delivery>;

  /** Cuts what is under way, for shutdown: those mails end as `retry`. */
  close(): void {
    // Most transports are done at once.
  }
}

/** Shorter than the lease of a mail (60 s), so that nobody else sends it meanwhile. */
export const SEND_DEADLINE_MS = 40_000;
