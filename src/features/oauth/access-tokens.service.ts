import { Injectable } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { Config } from '../../config/index.js';
import { SigningKeys } from '../../platform/crypto/signing-keys.js';
import { Clock, SECOND } from '../../shared/clock.js';
import { AccountsService, isActive } from '../accounts/index.js';
import type { AccessTokenClaims, SignedInApp } from './access-token.js';
import { RestoreHold } from '../restores/index.js';
import type { AppSignIn } from './app-sign-in.js';
import { AppSignIns } from './app-sign-ins.service.js';
import { CheckedSignIns, type CheckedSignIn } from './checked-sign-ins.js';
import { apiOf, issuerOf } from './names.js';

/** Our own access tokens, as the API meets them: which key, and whether what they say still holds. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly signIns: AppSignIns,
    private readonly checked: CheckedSignIns,
    private readonly accounts: AccountsService,
    private readonly keys: SigningKeys,
    private readonly hold: RestoreHold,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** The key that checks a token with this `kid`, always under ES256, or null (S-56, RFC 8725). */
  keyFor(kid: string): KeyObject | null {
    const key = this.keys.find(kid);
    return key?.algorithm === 'ES256' ? key.publicKey : null;
  }

  /**
   * The app behind a token whose signature and `typ` were checked, or null: not now (`isTimely`), for somebody else, the
   * sign-in has ended, the account is not active. Asked each time, from memory only while that
   * is exact (S-62).
   *
   * @throws DomainError unavailable in a restore hold: an app forgets what it is told is gone
   */
  async accept(claims: AccessTokenClaims): Promise<SignedInApp | null> {
    if (!this.#isOurs(claims) || !this.isTimely(claims)) return null;
    await this.hold.refuseWhileHeld();
    const { sign_in: id } = claims;
    const known = this.checked.find(id) ?? (await this.checked.read(id, () => this.#read(id)));
    return known && this.#admit(known, claims);
  }

  /** The same at once, if the sign-in was asked for before; null says nothing but to ask `accept`. */
  acceptNow(claims: AccessTokenClaims): SignedInApp | null {
    const known = this.hold.isOff ? this.checked.find(claims.sign_in) : undefined;
    return known === undefined ? null : this.#acceptBy(known, claims);
  }

  /** The same again and again: the sign-in is asked for each time, and judged once more when its time may have come (P-1). */
  follow(claims: AccessTokenClaims): () => SignedInApp | null {
    const followed = this.checked.follow(claims.sign_in);
    let last: Admitted | undefined;
    return () => {
      const known = this.hold.isOff ? followed() : undefined;
      if (known === undefined) return null;
      const now = this.clock.now();
      if (last === undefined || !isStillAdmitted(last, known, now)) last = this.#admitted(known, claims, now);
      return last?.app ?? null;
    };
  }

  #admitted(known: CheckedSignIn, claims: AccessTokenClaims, now: number): Admitted | undefined {
    const app = this.#acceptBy(known, claims);
    if (app === null) return undefined;
    const until = Math.min(app.expiresAt, this.signIns.isUnchangedUntil(known.signIn));
    return { app, signIn: known.signIn, from: now, until };
  }

  #acceptBy(known: CheckedSignIn, claims: AccessTokenClaims): SignedInApp | null {
    if (!this.isTimely(claims)) return null;
    const isKnown = known.app?.claims === claims;
    return isKnown || this.#isOurs(claims) ? this.#admit(known, claims) : null;
  }

  async #read(id: string): Promise<CheckedSignIn | null> {
    const signIn = await this.signIns.find(id);
    const account = signIn && (await this.accounts.find(signIn.accountId));
    return account && isActive(account) ? { account, signIn } : null;
  }

  /** Its time is judged at every request: it runs out also for what is remembered. */
  #admit(known: CheckedSignIn, claims: AccessTokenClaims): SignedInApp | null {
    if (!this.signIns.isAlive(known.signIn)) return null;
    if (known.app?.claims !== claims) {
      const app = appOf(known, claims);
      if (app === null) return null;
      known.app = app;
    }
    known.signIn = this.signIns.markUsed(known.signIn);
    return known.app;
  }

  /** Which of these sign-ins are still let in; asked for all who listen at once, so that it costs two questions. */
  async liveAmong(signInIds: readonly string[]): Promise<ReadonlySet<string>> {
    const signIns = await this.signIns.liveAmong(signInIds);
    const active = await this.accounts.activeAmong(signIns.map(({ accountId }) => accountId));
    return new Set(signIns.filter(({ accountId }) => active.has(accountId)).map(({ id }) => id));
  }

  /**
   * The one judge of a token's times, by the broker's clock; the device's own does not matter. A token never outlives its
   * `exp`. What was issued after now comes from a node whose clock is a little ahead, which the leeway allows for, or from
   * before our clock was set back: that one may have expired already.
   */
  isTimely({ iat, exp, nbf = iat }: Pick<AccessTokenClaims, 'iat' | 'exp' | 'nbf'>): boolean {
    const now = this.clock.now() / SECOND;
    return now < exp && Math.max(iat, nbf) <= now + this.config.accessTokenLeewaySeconds;
  }

  #isOurs(claims: AccessTokenClaims): boolean {
    const { iss, aud, exp, iat, sign_in: signIn, scope } = claims;
    const isForUs = iss === issuerOf(this.config) && aud === apiOf(this.config);
    return isForUs && typeof signIn === 'string' && typeof scope === 'string' && Number.isFinite(exp + iat);
  }
}

/** An app that was let in, and the time in which nothing but the end of its sign-in changes that: [from, until). */
interface Admitted {
  readonly app: SignedInApp;
  readonly signIn: AppSignIn;
  readonly from: number;
  readonly until: number;
}

/** A clock that was set back, too, makes it a question again. */
function isStillAdmitted({ app, signIn, from, until }: Admitted, known: CheckedSignIn, now: number): boolean {
  return known.app === app && known.signIn === signIn && now >= from && now < until;
}

/** What a token allows by a sign-in; null if it is not of this one. */
function appOf({ account, signIn }: CheckedSignIn, claims: AccessTokenClaims): SignedInApp | null {
  if (account.id !== claims.sub || signIn.clientId !== claims.client_id) return null;
  const scopes = claims.scope.split(' ').filter((scope) => signIn.scopes.includes(scope));
  return {
    account,
    clientId: signIn.clientId,
    signInId: signIn.id,
    scopes: new Set(scopes),
    expiresAt: claims.exp * SECOND,
    claims,
  };
}
