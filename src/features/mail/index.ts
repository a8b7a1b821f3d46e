/**
 * Mail: outbox and delivery.
 *
 * Others post a mail inside their unit of work and forget it: it is sent if and only if that commits, soon, at least
 * once, until its link dies. Nothing here is awaited by a request but one insert.
 */
export { MailModule } from './mail.module.js';
export { MailStops } from './mail-stops.service.js';
export type { Mail } from './mail.js';
export { MailOutbox } from './mail-outbox.service.js';
export { MailTransport, type Delivery, type RenderedMail } from './mail-transport.js';
export { mailTables } from './outbox.repository.js';
