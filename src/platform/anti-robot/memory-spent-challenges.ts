import { MINUTE, type Clock } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import { SpentChallenges } from './spent-challenges.js';

/** About 150 bytes a challenge: 15 MB at most. */
const MOST_CHALLENGES = 100_000;

/** Remembers in this process; after a restart a form that is still open would count once more. */
export class MemorySpentChallenges extends SpentChallenges {
  readonly #until = new Map<string, number>();
  #nextSweep = 0;

  constructor(
    private readonly clock: Clock,
    private readonly most: number = MOST_CHALLENGES,
  ) {
    super();
  }

  // Asynchronous as the port says: adapters that ask another process need it.
  override spend(id: string, until: number): Promise<boolean> {
    this.#sweep();
    if (this.#until.has(id)) return Promise.resolve(false);
    // Refused rather than forgotten: a forgotten one could be used without end.
    if (this.#until.size >= this.most) return Promise.reject(tooMany());
    this.#until.set(id, until);
    return Promise.resolve(true);
  }

  override giveBack(id: string): Promise<void> {
    this.#until.delete(id);
    return Promise.resolve();
  }

  #sweep(): void {
    const now = this.clock.now();
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + MINUTE;
    for (const [id, until] of this.#until) if (until <= now) this.#until.delete(id);
  }
}

function tooMany(): DomainError {
  return new DomainError(
    'unavailable',
    'robot-check-full',
    'Too many forms are being sent. Try again later.',
    {
      retryAfterSeconds: 60,
    },
  );
}
