import { MailTransport, type Delivery } from './mail-transport.js';

/** No mail server, and a log that strangers may cause to be written: mail waits in the outbox for SMTP_URL. */
export class HeldTransport extends MailTransport {
  override readonly delivers = false;

  override send(): Promise<Delivery> {
    return Promise.resolve({ retry: 'no mail server is set (SMTP_URL)' });
  }
}
