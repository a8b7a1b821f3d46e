import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Config } from '../../../config/index.js';
import { DomainError } from '../../../shared/domain-error.js';
import type { AccountId } from '../../../shared/ids.js';
import { Random } from '../../../shared/random.js';

/** One event stream or long poll that is open. */
export interface Listener {
  /** Frees its place; may be called twice. */
  close(): void;
}

/** Seconds after which a refused listener may come again; the mean of R-41's spread. */
const COME_BACK = 30;

/** Who listens: how many may at once, and that all of them end when the broker stops. */
@Injectable()
export class Listeners implements BeforeApplicationShutdown {
  readonly #open = new Map<symbol, () => void>();
  readonly #ofAccount = new Map<AccountId, number>();

  constructor(
    private readonly config: Config,
    private readonly random: Random,
  ) {}

  /**
   * @param stop is called once when the broker stops
   * @throws DomainError rate-limited `too-many-listeners` or unavailable `listeners-full`
   */
  open(accountId: AccountId, stop: () => void): Listener {
    const count = this.#ofAccount.get(accountId) ?? 0;
    if (count >= this.config.listenersAccount) throw this.#tooMany();
    if (this.#open.size >= this.config.listeners) throw this.#full();
    const ticket = Symbol('listener');
    this.#open.set(ticket, stop);
    this.#ofAccount.set(accountId, count + 1);
    return {
      close: () => {
        if (this.#open.delete(ticket)) this.#leave(accountId);
      },
    };
  }

  beforeApplicationShutdown(): void {
    for (const stop of [...this.#open.values()]) stop();
  }

  #leave(accountId: AccountId): void {
    const left = (this.#ofAccount.get(accountId) ?? 1) - 1;
    if (left > 0) this.#ofAccount.set(accountId, left);
    else this.#ofAccount.delete(accountId);
  }

  #tooMany(): DomainError {
    return new DomainError(
      'rate-limited',
      'too-many-listeners',
      'This account has too many event streams and long polls open.',
      { retryAfterSeconds: this.#comeBack() },
    );
  }

  #full(): DomainError {
    return new DomainError('unavailable', 'listeners-full', 'The broker has no room for another listener.', {
      retryAfterSeconds: this.#comeBack(),
    });
  }

  /** 50 to 150 % of the mean. */
  #comeBack(): number {
    return COME_BACK / 2 + this.random.below(COME_BACK + 1);
  }
}
