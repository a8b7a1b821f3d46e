import type { SMTPTransportOptions } from 'nodemailer/lib/smtp-transport';
import { isLoopbackHost } from '../../config/loopback.js';

const IMPLICIT_TLS_PORT = 465;
const SUBMISSION_PORT = 587;

/** Milliseconds. */
export interface SmtpTimeouts {
  /** Until the connection stands and the greeting was heard. */
  readonly connect: number;
  /** Without a byte from the mail server. */
  readonly silence: number;
  /** One mail in all. */
  readonly whole: number;
}

/**
 * SMTP_URL as nodemailer wants it. Only host, port, user and password are read: a query that turned off TLS
 * verification has no effect (S-90).
 */
export function smtpOptions(url: string, timeouts: SmtpTimeouts): SMTPTransportOptions {
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const secure = protocol === 'smtps:' || port === String(IMPLICIT_TLS_PORT);
  const loopback = isLoopbackHost(host);
  return {
    host,
    port: Number(port) || (secure ? IMPLICIT_TLS_PORT : SUBMISSION_PORT),
    secure,
    requireTLS: !secure && !loopback,
    tls: { rejectUnauthorized: !loopback, minVersion: 'TLSv1.2' },
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeouts.connect,
    greetingTimeout: timeouts.connect,
    dnsTimeout: timeouts.connect,
    socketTimeout: timeouts.silence,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
