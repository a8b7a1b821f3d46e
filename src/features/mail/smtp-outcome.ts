import type { Delivery } from './mail-transport.js';

/** What nodemailer tells about a failed sending. */
interface SmtpError {
  readonly code?: string;
  /** The command that was being spoken; `API` when nothing had been said yet. */
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly message?: string;
}

/** Only here does a 5xx speak of this mail and this recipient; before, it speaks of us: our password, our sender. */
const ABOUT_THE_RECIPIENT = new Set(['RCPT TO', 'DATA']);

const LONGEST_REASON = 200;

/** Tells trouble that may pass from a refusal for good. */
export function whatBecameOf(error: unknown): Delivery {
  const smtpError = (error ?? {}) as SmtpError;
  const reason = reasonOf(smtpError);
  return isRefusal(smtpError) ? { refused: reason } : { retry: reason };
}

function isRefusal({ code, command = '', responseCode = 0 }: SmtpError): boolean {
  if (responseCode >= 500 && responseCode <= 599) return ABOUT_THE_RECIPIENT.has(command);
  return code === 'EENVELOPE' && command === 'API';
}

/** Codes of the answer, never its words: filters quote the link they dislike, and with it a token (S-53). */
function reasonOf({ code, command, responseCode, response, message }: SmtpError): string {
  if (responseCode !== undefined) {
    const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
    return [responseCode, enhanced, 'at', command ?? 'connecting']
      .filter((part) => part !== undefined)
      .join(' ');
  }
  const detail = response === undefined ? (message ?? '') : '';
  return `${code ?? 'error'}: ${detail}`.replace(/\p{C}+/gu, ' ').slice(0, LONGEST_REASON);
}
