import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../../config/index.js';
import { AccessTokens, type SignedInApp } from '../../../features/oauth/index.js';
import { ChangeFeed } from '../../../platform/changes/change-feed.js';
import { Jobs } from '../../../platform/jobs/jobs.service.js';
import { gauge } from '../../../platform/metrics/metrics.js';
import { Clock, SECOND } from '../../../shared/clock.js';
import { DomainError } from '../../../shared/domain-error.js';
import type { AccountId } from '../../../shared/ids.js';
import { Random, spread } from '../../../shared/random.js';

const listening = gauge({
  name: 'signpost_listeners',
  help: 'Event streams and long polls that are open (at most LIMIT_LISTENERS).',
  labels: {},
});

/** One event stream or long poll that is open. */
export interface Listener {
  /** Frees its place; may be called twice. */
  close(): void;
}

/** What a listener is told. */
export interface Told {
  /** The sign-in or the token may have ended: judge them again. */
  readonly look: () => void;
  /** The broker stops. Once. */
  readonly stop: () => void;
}

/** Who listens. */
export type ListeningApp = Pick<SignedInApp, 'account' | 'signInId' | 'expiresAt'>;

interface Open {
  readonly signInId: string;
  readonly told: Told;
}

/** The longest that a timer of Node can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Seconds after which a refused listener may come again; the mean of R-41's spread. */
const COME_BACK = 30;

/**
 * Who listens: how many may at once, that all of them end when the broker stops, and each within a second when its
 * token or its sign-in has ended (S-13), whoever ended that.
 */
@Injectable()
export class Listeners implements BeforeApplicationShutdown, OnModuleInit {
  readonly #open = new Map<symbol, Open>();
  readonly #ofAccount = new Map<AccountId, number>();

  constructor(
    private readonly tokens: AccessTokens,
    private readonly feed: ChangeFeed,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly random: Random,
  ) {}

  onModuleInit(): void {
    listening.readBy({}, () => this.#open.size);
    this.jobs.every('end who listens without being let in', SECOND, () => this.#tellTheEnded());
  }

  /** @throws DomainError rate-limited `too-many-listeners` or unavailable `listeners-full` */
  open({ account, signInId, expiresAt }: ListeningApp, told: Told): Listener {
    const accountId = account.id;
    const count = this.#ofAccount.get(accountId) ?? 0;
    if (count >= this.config.listenersAccount) throw this.#tooMany();
    if (this.#open.size >= this.config.listeners) throw this.#full();
    const ticket = Symbol('listener');
    this.#open.set(ticket, { signInId, told });
    this.#ofAccount.set(accountId, count + 1);
    const left = Math.min(Math.max(expiresAt - this.clock.now(), 0), LONGEST_TIMER_MS);
    const expiry = setTimeout(told.look, left);
    return {
      close: () => {
        clearTimeout(expiry);
        if (this.#open.delete(ticket)) this.#leave(accountId);
      },
    };
  }

  beforeApplicationShutdown(): void {
    for (const { told } of [...this.#open.values()]) told.stop();
  }

  /** What this process changes is told at once (`ListChanges`). What others change is, too, while the feed hears of it. */
  async #tellTheEnded(): Promise<void> {
    // Asked first: it may find that others wrote, and tell.
    if (this.feed.hearsAll || this.#open.size === 0) return;
    const live = await this.tokens.liveAmong([...this.#open.values()].map(({ signInId }) => signInId));
    for (const { signInId, told } of [...this.#open.values()]) if (!live.has(signInId)) told.look();
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
      { retryAfterSeconds: spread(this.random, COME_BACK) },
    );
  }

  #full(): DomainError {
    return new DomainError('unavailable', 'listeners-full', 'The broker has no room for another listener.', {
      retryAfterSeconds: COME_BACK,
    });
  }
}
