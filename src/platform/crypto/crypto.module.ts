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
import { KeyRing } from './key-ring.js';
import { openKeyRing } from './open-key-ring.js';
import { PasswordHasher } from './password-hasher.js';
import { readSigningKeys, rotateSigningKeys, rotationOf } from './signing-key-file.js';
import { SigningKeys } from './signing-keys.js';

const newestKeys = gauge({
  name: 'signpost_signing_keys_timestamp_seconds',
  help: 'When the newest signing keys in the key ring begin to sign. The same on all nodes: else one was not given the new file.',
  labels: {},
});

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
  #isUnreadable = false;

  constructor(
    private readonly keys: SigningKeys,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
    private readonly log: Log,
    private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    newestKeys.readBy({}, () => this.#newest / SECOND);
    // What is in memory goes on working; the next start would not.
    this.readiness.mention('key-ring', () => this.#isUnreadable);
    this.jobs.every('take new signing keys', 5 * MINUTE, () => this.takeNewKeys());
    this.jobs.every('rotate old signing keys', DAY, () => this.tendSigningKeys());
  }

  /** What `signpost keys rotate` has written since. */
  takeNewKeys(): Promise<void> {
    this.#isUnreadable = true;
    this.keys.replace(readSigningKeys(this.config.keyRingFile, this.clock, this.random));
    this.#isUnreadable = false;
    return Promise.resolve();
  }

  /**
   * Also at each start, once the broker has said that it listens: that line is the first (contract). A broker of one node
   * rotates by itself; several may each have a copy of the file, so that somebody must give all of them the new one.
   */
  tendSigningKeys(): Promise<void> {
    const age = this.clock.now() - this.#newest;
    if (age <= this.config.signingKeyMaxAge) return Promise.resolve();
    const days = Math.floor(age / DAY);
    if (this.config.redisUrl === undefined) return this.#rotate(days);
    this.log.warn({ days }, 'the signing keys are old: run "signpost keys rotate"');
    return Promise.resolve();
  }

  get #newest(): number {
    return Math.max(...this.keys.all.map(({ activeFrom }) => activeFrom));
  }

  /** Nobody is signed out: the old keys verify what they signed, and are published beside the new ones. */
  async #rotate(days: number): Promise<void> {
    const { config, clock, random, log } = this;
    try {
      const from = rotateSigningKeys(config.keyRingFile, rotationOf(config), clock, random);
      await this.takeNewKeys();
      log.info({ days, from: new Date(from).toISOString() }, 'new signing keys are in the key ring');
    } catch (error) {
      log.warn({ days, error }, 'the signing keys are old and cannot be rotated: run "signpost keys rotate"');
    }
  }
}
