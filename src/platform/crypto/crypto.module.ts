import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Clock, DAY, MINUTE, SECOND } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import type { Tables } from '../database/connections.js';
import { Readiness } from '../http/readiness.js';
import { Jobs } from '../jobs/jobs.service.js';
import { Log } from '../logging/log.js';
import { gauge } from '../metrics/metrics.js';
import { KeyCanaryEntity } from './key-canary.entity.js';
import { KeyCanariesRepository } from './key-canaries.repository.js';
import { KeyRing, SealBroken } from './key-ring.js';
import { openKeyRing } from './open-key-ring.js';
import { PasswordHasher } from './password-hasher.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import { SigningKeyRotation } from './signing-key-rotation.js';
import { SigningKeys } from './signing-keys.js';
import { SigningKeysRepository } from './signing-keys.repository.js';

const newestKeys = gauge({
  name: 'signpost_signing_keys_timestamp_seconds',
  help: 'When the newest signing keys that this node knows begin to sign. The same on all nodes within five minutes: else one cannot read them.',
  labels: {},
});

/** For the one list of tables in the app module. */
export const keyTables: Tables = [KeyCanaryEntity, SigningKeyEntity];

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
    SigningKeysRepository,
    SigningKeyRotation,
    {
      provide: SigningKeys,
      inject: [SigningKeyRotation, Clock],
      useFactory: async (rotation: SigningKeyRotation, clock: Clock) =>
        new SigningKeys(await rotation.atStart(), clock),
    },
    PasswordHasher,
  ],
  exports: [KeyRing, PasswordHasher, SigningKeyRotation, SigningKeys],
})
export class CryptoModule implements OnModuleInit {
  #isUnreadable = false;

  constructor(
    private readonly keys: SigningKeys,
    private readonly rotation: SigningKeyRotation,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly log: Log,
    private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    newestKeys.readBy({}, () => this.#newest / SECOND);
    // What is in memory goes on working; the next start would not.
    this.readiness.mention('key-ring', () => this.#isUnreadable);
    this.jobs.every('take new signing keys', 5 * MINUTE, () => this.takeNewKeys());
    this.jobs.everyByOne('rotate old signing keys', DAY, () => this.tendSigningKeys());
  }

  /** What another node, or `signpost keys rotate`, has added since; long before it signs (S-55). */
  async takeNewKeys(): Promise<void> {
    try {
      this.keys.replace(await this.rotation.all());
      this.#isUnreadable = false;
    } catch (error) {
      // A database that is away is told of elsewhere, and says nothing about keys.
      this.#isUnreadable ||= error instanceof SealBroken;
      throw error;
    }
  }

  /**
   * Also at each start, once the broker has said that it listens: that line is the first (contract). Nobody is signed out:
   * the old keys verify what they signed, and are published beside the new ones.
   */
  async tendSigningKeys(): Promise<void> {
    const { signingKeyMaxAge: maxAge } = this.config;
    if (this.clock.now() - this.#newest <= maxAge) return;
    try {
      const from = await this.rotation.rotate(maxAge);
      await this.takeNewKeys();
      if (from !== null) this.log.info({ from: new Date(from).toISOString() }, 'new signing keys were made');
    } catch (error) {
      this.log.warn({ error }, 'the signing keys are old and cannot be rotated');
    }
  }

  get #newest(): number {
    return Math.max(...this.keys.all.map(({ activeFrom }) => activeFrom));
  }
}
