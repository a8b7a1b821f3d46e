import { expect, test } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { eachDatabase } from '../../../test/support/databases.js';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { testKeyRing } from '../../../test/support/mail-room.js';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { RecordingTransport } from '../../../test/support/recording-transport.js';
import { Config, loadConfig } from '../../config/index.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { SystemRandom } from '../../platform/crypto/system-random.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { Log } from '../../platform/logging/log.js';
import { Clock } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { MailModule, MailOutbox, mailTables, MailTransport } from './index.js';

/** What the platform gives, without its own start. */
@Global()
@Module({
  providers: [
    Jobs,
    { provide: Log, useClass: RecordingLog },
    { provide: Config, useFactory: () => loadConfig({}) },
    { provide: Clock, useFactory: () => new FixedClock() },
    { provide: Random, useClass: SystemRandom },
    { provide: KeyRing, useFactory: testKeyRing },
    { provide: UnitOfWork, useValue: null },
  ],
  exports: [Jobs, Log, Config, Clock, Random, KeyRing, UnitOfWork],
})
class PlatformModule {}

eachDatabase('the mail module', mailTables, (open) => {
  test('wires itself, sends, and closes without a complaint', async () => {
    const { unitOfWork } = await open();
    const transport = new RecordingTransport();
    const building = Test.createTestingModule({ imports: [PlatformModule, MailModule] })
      .overrideProvider(UnitOfWork)
      .useValue(unitOfWork)
      .overrideProvider(MailTransport)
      .useValue(transport);
    const app = await (await building.compile()).init();
    const outbox = app.get(MailOutbox);

    await unitOfWork.run(() =>
      outbox.post({ kind: 'sign-up-attempt', userName: 'anna' }, 'anna@example.org'),
    );
    await app.get(Jobs).idle();

    const mail = transport.lastTo('anna@example.org');
    expect(mail?.subject).toBe('Somebody tried to sign up with your e-mail address');
    await app.close();
    expect(app.get<RecordingLog>(Log).lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
