import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { Stamps } from '../../platform/jobs/stamps.js';
import { Strangers, type Errand } from '../../platform/limits/strangers.js';
import { Clock, MINUTE } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { soon, type Soon } from '../../shared/soon.js';
import { isActive, type Account } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { browserName } from './browser-name.js';
import type { Lifetimes } from './device.js';
import { ProvenTokens } from './proven-tokens.js';
import { hasEnded, type WebSession } from './web-session.js';
import { WebSessionsRepository, type StoredWebSession } from './web-sessions.repository.js';

/** As the broker makes them (`signIn`). */
const TOKEN = /^[0-9a-f]{64}$/;

/** 5 MB at most. */
const MOST_PROVEN = 20_000;

/** A caller that proved to be a signed-in browser. */
export interface SignedInBrowser {
  readonly account: Account;
  readonly session: WebSession;
  /** The password was typed so recently that dangerous changes need not ask again (S-09). */
  readonly isFresh: boolean;
}

/** Browsers: who is signed in on the pages, by cookie (S-10). */
@Injectable()
export class WebSessionsService {
  readonly #stamps: Stamps<string>;
  readonly #provenTokens = new ProvenTokens(MOST_PROVEN);

  constructor(
    private readonly sessions: WebSessionsRepository,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    private readonly strangers: Strangers,
    jobs: Jobs,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {
    this.#stamps = new Stamps(jobs, 'mark browsers used', (stamped) =>
      unitOfWork.run(() => sessions.markUsed(stamped)),
    );
  }

  /**
   * Signs a browser in, always under a token of its own: one that the browser held before is never adopted, and the
   * session it was signed in to, if any, ends.
   *
   * @returns the session token: 64 lower-case hex digits, of which only a digest is kept (S-50)
   */
  async signIn(
    account: Account,
    { browser, network, persistent }: Pick<WebSession, 'browser' | 'network' | 'persistent'>,
    replaced?: WebSession,
  ): Promise<string> {
    const token = this.random.hex(32);
    const now = this.clock.now();
    const times = { createdAt: now, lastUsedAt: now, authenticatedAt: now };
    const id = this.random.hex(16);
    const session = {
      id,
      accountId: account.id,
      browser: browserName(browser),
      network,
      persistent,
      ...times,
    };
    await this.unitOfWork.run(async () => {
      if (replaced) await this.sessions.remove(replaced.id, replaced.accountId);
      await this.#makeRoom(account.id);
      await this.sessions.add(session, digestOf(token));
      const [accountId, detail] = [account.id, session.browser];
      await this.audit.record({ kind: 'browser-signed-in', outcome: 'ok', accountId, detail });
    }, 'reserve');
    return token;
  }

  /** One too many ends the one idle longest, as with devices (S-15); there is no mail: browsers forget sessions every day. */
  async #makeRoom(accountId: AccountId): Promise<void> {
    const room = this.config.browsersPerAccount - 1;
    if ((await this.sessions.count(accountId)) <= room) return;
    for (const { id, browser } of (await this.sessions.of(accountId)).slice(room)) {
      await this.sessions.remove(id, accountId);
      await this.audit.record({ kind: 'sign-out', outcome: 'ok', accountId, detail: browser });
    }
  }

  /**
   * The browser behind a token, or null. Read anew each time (S-62).
   *
   * @param network of whoever calls, which is counted where the token has proven nothing lately; null if it was counted before
   * @throws DomainError rate-limited
   */
  async authenticate(
    token: string,
    network: string | null,
    errand: Errand = 'ask',
  ): Promise<SignedInBrowser | null> {
    if (!TOKEN.test(token)) return null;
    const digest = digestOf(token);
    const read = (): Soon<SignedInBrowser | null> => this.#read(digest);
    const isCounted = network !== null && !this.#provenTokens.has(digest);
    return isCounted ? this.strangers.look(network, errand, read) : read();
  }

  #read(digest: string): Soon<SignedInBrowser | null> {
    return soon(this.sessions.findByDigest(digest), (found) => {
      const browser = found && this.#ifGood(found);
      this.#provenTokens.note(digest, browser !== null);
      return browser;
    });
  }

  #ifGood({ account, session }: StoredWebSession): SignedInBrowser | null {
    const now = this.clock.now();
    if (!isActive(account) || hasEnded(session, this.lifetimes(session.persistent), now)) return null;
    this.#markUsed(session, now);
    return { account, session, isFresh: now - session.authenticatedAt < this.config.reauthenticationTtl };
  }

  /** The password was typed again: a new token for the same session (S-10). */
  async renew(session: WebSession): Promise<string> {
    const token = this.random.hex(32);
    await this.unitOfWork.run(() => this.sessions.renew(session.id, digestOf(token), this.clock.now()));
    return token;
  }

  /** The signed-in browsers of an account, the one used last first (S-14). */
  async of(accountId: AccountId): Promise<WebSession[]> {
    const now = this.clock.now();
    const sessions = await this.sessions.of(accountId);
    return sessions.filter((session) => !hasEnded(session, this.lifetimes(session.persistent), now));
  }

  /** Ends one browser of an account. @returns false if there is no such (S-61) */
  async signOut(id: string, accountId: AccountId): Promise<boolean> {
    return this.unitOfWork.run(async () => {
      const isDone = await this.sessions.remove(id, accountId);
      if (isDone) await this.audit.record({ kind: 'sign-out', outcome: 'ok', accountId });
      return isDone;
    });
  }

  /** Ends all browsers of an account but one; inside a unit of work. */
  async endOthersWithin(accountId: AccountId, kept: string): Promise<void> {
    await this.sessions.removeOthers(accountId, kept);
  }

  async forgetEnded(): Promise<void> {
    const now = this.clock.now();
    await this.unitOfWork.run(async () => {
      await this.sessions.removeIdleSince(now - this.config.sessionIdleTtl, false);
      await this.sessions.removeIdleSince(now - this.config.staySignedInIdleTtl, true);
    });
  }

  /** How long a session may idle and last; the cookie lives as long. */
  lifetimes(persistent: boolean): Lifetimes {
    const { sessionIdleTtl, sessionTtl, staySignedInIdleTtl, staySignedInTtl } = this.config;
    return persistent
      ? { idle: staySignedInIdleTtl, absolute: staySignedInTtl }
      : { idle: sessionIdleTtl, absolute: sessionTtl };
  }

  #markUsed(session: WebSession, now: number): void {
    if (now - session.lastUsedAt >= MINUTE) this.#stamps.add(session.id, now);
  }
}
