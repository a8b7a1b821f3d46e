import { Global, Module } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Clock } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import type { Tables } from '../database/connections.js';
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
export class CryptoModule {}
