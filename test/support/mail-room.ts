import { Jobs } from '../../src/platform/jobs/jobs.service.js';
import { KeyRing } from '../../src/platform/crypto/key-ring.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import type { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { loadConfig } from '../../src/config/index.js';
import { MailComposer } from '../../src/features/mail/mail-composer.service.js';
import { MailDelivery } from '../../src/features/mail/mail-delivery.service.js';
import { MailDispatch } from '../../src/features/mail/mail-dispatch.service.js';
import { MailStops } from '../../src/features/mail/mail-stops.service.js';
import { MailOutbox } from '../../src/features/mail/mail-outbox.service.js';
import type { MailTransport } from '../../src/features/mail/index.js';
import type { Mail } from '../../src/features/mail/mail.js';
import { OutboxEntity } from '../../src/features/mail/outbox.entity.js';
import { OutboxRepository } from '../../src/features/mail/outbox.repository.js';
import { FixedClock } from './fixed-clock.js';
import { RecordingLog } from './recording-log.js';

const random = new SystemRandom();

export const TOKEN = '0123456789abcdef'.repeat(4);
export const ANNA = 'anna@example.org';
export const confirm: Mail = { kind: 'confirm-address', userName: 'anna', token: TOKEN };

/** A key ring of its own, in memory. */
export function testKeyRing(): KeyRing {
  const key = (use: 'encrypt' | 'mac' | 'pepper') => ({ id: `${use}-1`, use, secret: random.bytes(32) });
  return new KeyRing([key('encrypt'), key('mac'), key('pepper')], random);
}

/** The whole mail feature over a database and a transport, as the module wires it, without the framework. */
export class MailRoom {
  readonly log = new RecordingLog();
  readonly config = loadConfig({ PUBLIC_URL: 'https://signpost.example', LIMIT_MAILS_PER_SECOND: '1000000' });
  readonly jobs = new Jobs(this.log);
  readonly repository: OutboxRepository;
  readonly dispatch: MailDispatch;
  readonly delivery: MailDelivery;
  readonly outbox: MailOutbox;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    transport: MailTransport,
    readonly clock = new FixedClock(),
    readonly keyRing = testKeyRing(),
  ) {
    const { config, log, jobs } = this;
    this.repository = new OutboxRepository(unitOfWork);
    const composer = new MailComposer(
      keyRing,
      new MailStops(keyRing, this.repository, unitOfWork, clock, config),
      config,
    );
    this.dispatch = new MailDispatch(this.repository, composer, transport, config, clock, random, log);
    this.delivery = new MailDelivery(this.dispatch, transport, this.repository, jobs, clock, log, config);
    this.outbox = new MailOutbox(unitOfWork, this.repository, this.delivery, keyRing, config, clock, random);
  }

  /** Posts in a unit of work of its own. */
  async post(...mail: Parameters<MailOutbox['post']>): Promise<void> {
    await this.unitOfWork.run(() => this.outbox.post(...mail));
  }

  /** What is in the outbox, oldest first. */
  rows(): Promise<OutboxEntity[]> {
    return this.unitOfWork.reading.find(OutboxEntity, { order: { createdAt: 'ASC' } });
  }

  async states(): Promise<string[]> {
    return (await this.rows()).map(({ state }) => state);
  }

  /** Time passes, and the delivery looks for mail as it does every few seconds. */
  async later(ms: number): Promise<void> {
    this.clock.advance(ms);
    this.delivery.wake();
    await this.jobs.idle();
  }
}
