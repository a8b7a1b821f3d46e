import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { Config } from '../../config/index.js';
import { DomainError } from '../../shared/domain-error.js';
import { Random } from '../../shared/random.js';
import { counter, gauge, histogram } from '../metrics/metrics.js';
import { HashThreads } from './hash-threads.js';
import { KeyRing } from './key-ring.js';

const SALT_BYTES = 16;

const hashes = histogram({
  name: 'signpost_hash_duration_seconds',
  help: 'Password hashes: how long each waited for a thread, and how long it was computed.',
  labels: { part: ['waiting', 'computing'] },
});
const outcomes = counter({
  name: 'signpost_hashes_total',
  help: 'Password hashes: computed, refused because too many waited (S-04; callers were told 503), or failed because no thread could compute them.',
  labels: { outcome: ['computed', 'refused', 'failed'] },
});
const queue = gauge({
  name: 'signpost_hash_queue_length',
  help: 'Password hashes that wait for a thread now.',
  labels: {},
});

interface Verifier {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly salt: Buffer;
  readonly pepper: string | undefined;
  readonly tag: Buffer;
}

export type Verdict = 'wrong' | 'right' | 'right-but-outdated';

/**
 * Argon2id with a pepper from the key ring, in a bounded pool of worker threads (S-03, S-04).
 *
 * A verifier is `argon2id$m=…,t=…$<salt>$<pepper key or ->$<tag>`, base64url.
 */
@Injectable()
export class PasswordHasher implements OnApplicationShutdown {
  readonly #threads: HashThreads;
  readonly #decoy: string;

  constructor(
    private readonly config: Config,
    private readonly ring: KeyRing,
    private readonly random: Random,
  ) {
    this.#threads = new HashThreads(config.hashConcurrency);
    queue.readBy({}, () => this.#threads.waiting);
    this.#decoy = this.#write({ ...this.#parameters(), tag: random.bytes(32) });
  }

  /** @throws DomainError unavailable when the queue is full */
  async hash(password: string): Promise<string> {
    const parameters = this.#parameters();
    return this.#write({ ...parameters, tag: await this.#tag(password, parameters) });
  }

  /**
   * Whether the password fits. `null` costs the same and is always wrong: an unknown account must look like a wrong
   * password (S-05).
   */
  async verify(password: string, stored: string | null): Promise<Verdict> {
    const verifier = this.#read(stored ?? this.#decoy);
    const tag = await this.#tag(password, verifier);
    if (!timingSafeEqual(tag, verifier.tag) || stored === null) return 'wrong';
    return this.#isCurrent(verifier) ? 'right' : 'right-but-outdated';
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#threads.close();
  }

  #parameters(): Omit<Verifier, 'tag'> {
    return {
      memoryCost: this.config.passwordMemoryKib,
      timeCost: this.config.passwordIterations,
      salt: this.random.bytes(SALT_BYTES),
      pepper: this.#activePepper(),
    };
  }

  #activePepper(): string | undefined {
    return this.config.passwordPepper ? this.ring.idsOf('pepper')[0] : undefined;
  }

  #isCurrent(verifier: Verifier): boolean {
    const { passwordMemoryKib, passwordIterations } = this.config;
    const sameCost = verifier.memoryCost === passwordMemoryKib && verifier.timeCost === passwordIterations;
    return sameCost && verifier.pepper === this.#activePepper();
  }

  async #tag(
    password: string,
    { salt, memoryCost, timeCost, pepper }: Omit<Verifier, 'tag'>,
  ): Promise<Buffer> {
    // In memory of its own: a thread is sent all that a view lies in.
    const raw = await this.#inThread({ password, salt: new Uint8Array(salt), memoryCost, timeCost });
    return pepper === undefined ? raw : Buffer.from(this.ring.mac('pepper', raw, pepper), 'hex');
  }

  /**
   * For asking before anything else is done for somebody whose password could not be looked at.
   *
   * @throws DomainError unavailable when the queue is full
   */
  makeSureOfRoom(): void {
    if (this.#threads.waiting < this.config.hashQueue) return;
    outcomes.count({ outcome: 'refused' });
    const text = 'Too many sign-ins at once. Try again in a moment.';
    throw new DomainError('unavailable', 'hashing-busy', text, { retryAfterSeconds: 2 });
  }

  async #inThread(task: Parameters<HashThreads['run']>[0]): Promise<Buffer> {
    this.makeSureOfRoom();
    const since = performance.now();
    try {
      const { tag, seconds } = await this.#threads.run(task);
      outcomes.count({ outcome: 'computed' });
      hashes.observe({ part: 'computing' }, seconds);
      hashes.observe({ part: 'waiting' }, Math.max(0, (performance.now() - since) / 1_000 - seconds));
      return Buffer.from(tag);
    } catch (error) {
      outcomes.count({ outcome: 'failed' });
      throw error;
    }
  }

  #write({ memoryCost, timeCost, salt, pepper, tag }: Verifier): string {
    const cost = `m=${memoryCost},t=${timeCost}`;
    return ['argon2id', cost, salt.toString('base64url'), pepper ?? '-', tag.toString('base64url')].join('$');
  }

  #read(text: string): Verifier {
    const match = /^argon2id\$m=(\d+),t=(\d+)\$([\w-]+)\$([\w-]+)\$([\w-]+)$/.exec(text);
    if (!match) throw new Error('a stored password verifier has an unknown form');
    const [, memory = '', time = '', salt = '', pepper = '', tag = ''] = match;
    return {
      memoryCost: Number(memory),
      timeCost: Number(time),
      salt: Buffer.from(salt, 'base64url'),
      pepper: pepper === '-' ? undefined : pepper,
      tag: Buffer.from(tag, 'base64url'),
    };
  }
}
