import { Module } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Log } from '../../platform/logging/log.js';
import { HeldTransport } from './held-transport.js';
import { LogTransport } from './log-transport.js';
import { MailComposer } from './mail-composer.service.js';
import { MailDelivery } from './mail-delivery.service.js';
import { MailDispatch } from './mail-dispatch.service.js';
import { MailOutbox } from './mail-outbox.service.js';
import { MailStops } from './mail-stops.service.js';
import { MailTransport } from './mail-transport.js';
import { OutboxRepository } from './outbox.repository.js';
import { SmtpTransport } from './smtp-transport.js';

/** The way out that the settings name. */
export function chooseTransport(
  config: Pick<Config, 'smtpUrl' | 'mailFrom' | 'loopbackOnly'>,
  log: Log,
): MailTransport {
  if (config.smtpUrl !== undefined) return new SmtpTransport({ url: config.smtpUrl, from: config.mailFrom });
  return config.loopbackOnly ? new LogTransport(log, process.stderr) : new HeldTransport();
}

/** Needs Config, Log, Clock, Random, KeyRing, UnitOfWork and Jobs from the modules of the platform. */
@Module({
  providers: [
    { provide: MailTransport, inject: [Config, Log], useFactory: chooseTransport },
    OutboxRepository,
    MailComposer,
    MailStops,
    MailDispatch,
    MailDelivery,
    MailOutbox,
  ],
  exports: [MailOutbox, MailStops],
})
export class MailModule {}
