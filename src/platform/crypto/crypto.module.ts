import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Clock, DAY, MINUTE } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import type { Tables } from '../database/connections.js';
import { Jobs } from '../jobs/jobs.service.js';
import { Log } from '../logging/log.js';
import { KeyCanaryEntity } from './key-canary.entity.js';
import { KeyCanariesRepository } from './key-canaries.repository.js';
import { KeyRing } from './key-ring.js';
import { openKeyRing } from './open-key-ring.js';
import { PasswordHasher } from './password-hasher.js';
import { readSigningKeys } from './signing-key-file.js';
import { SigningKeys } from './signing-keys.js';

/** For the one list of tables in the app module. */
export const keyTables: Tables = [KeyCanaryEntity];

/** Keys and password hashing. */
@Global()
@Module({
  providers: [
    KeyCanariesRepository,
    {
      provide: KeyRing,
      inject: [Config, KeyCanariesRepository, Random],
      useFactory: openKeyRing,
    },
    {
      provide: SigningKeys,
      // After the key ring, which makes the file and proves that it is the right one.
      inject: [Config, Clock, Random, KeyRing],
      useFactory: (config: Config, clock: Clock, random: Random) =>
        new SigningKeys(readSigningKeys(config.keyRingFile, clock, random), clock),
    },
    PasswordHasher,
  ],
  exports: [KeyRing, PasswordHasher, SigningKeys],
})
export class CryptoModule implements OnModuleInit {
  constructor(
    private readonly keys: SigningKeys,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.jobs.every('take new signing keys', 5 * MINUTE, () => this.takeNewKeys());
    this.jobs.every('look at the age of signing keys', DAY, () => this.warnOfOldKeys());
  }

  /** What `signpost keys rotate` has written since. */
  takeNewKeys(): Promise<void> {
    this.keys.replace(readSigningKeys(this.config.keyRingFile, this.clock, this.random));
    return Promise.resolve();
  }

  /** Also at each start, once the broker has said that it listens: that line is the first (contract). */
  warnOfOldKeys(): Promise<void> {
    const age = this.clock.now() - this.keys.active('ES256').activeFrom;
    const days = Math.floor(age / DAY);
    if (age > this.config.signingKeyMaxAge) {
      this.log.warn({ days }, 'the signing keys are old: run "signpost keys rotate"');
    }
    return Promise.resolve();
  }
}
