import { Global, Module } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Random } from '../../shared/random.js';
import type { Tables } from '../database/connections.js';
import { KeyCanaryEntity } from './key-canary.entity.js';
import { KeyCanariesRepository } from './key-canaries.repository.js';
import { KeyRing } from './key-ring.js';
import { openKeyRing } from './open-key-ring.js';
import { PasswordHasher } from './password-hasher.js';

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
    PasswordHasher,
  ],
  exports: [KeyRing, PasswordHasher],
})
export class CryptoModule {}
