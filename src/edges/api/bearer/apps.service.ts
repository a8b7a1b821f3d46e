import { Injectable } from '@nestjs/common';
import { AccessTokens, type AccessTokenClaims, type SignedInApp } from '../../../features/oauth/index.js';
import { digestOf } from '../../../platform/crypto/digest.js';
import { Memory } from '../../../shared/memory.js';
import { tokenInvalid, tokenMissing } from '../problems/refusals.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { bearerToken } from './token-header.js';

/** About 700 bytes each: 14 MB. */
const MOST_REMEMBERED = 20_000;

/** An app that calls. */
export type AppCaller = SignedInApp;

/** Recognises apps by their access token. A signature is checked once, everything else on every request (S-62). */
@Injectable()
export class Apps {
  /** Claims of tokens whose signature was right, by the digest of the header that they came in. */
  readonly #checked = new Memory<string, AccessTokenClaims>(MOST_REMEMBERED);

  constructor(
    private readonly strategy: AccessTokenStrategy,
    private readonly tokens: AccessTokens,
  ) {}

  /** @throws DomainError unauthenticated; one answer for malformed, foreign, expired and ended (S-16) */
  async recognise(authorization: string | undefined): Promise<AppCaller> {
    if (authorization === undefined) throw tokenMissing();
    const token = bearerToken(authorization);
    const claims = token === null ? null : await this.#claimsOf(token, digestOf(authorization));
    const caller = claims && (await this.tokens.accept(claims));
    if (!caller) throw tokenInvalid();
    return caller;
  }

  /** The same at once, where everything is remembered; null says nothing but to ask `recognise`. */
  recogniseNow(authorization: string | undefined): AppCaller | null {
    const claims = this.#checkedClaims(authorization);
    return claims && this.tokens.acceptNow(claims);
  }

  /** The same again and again; null if the signature of this token was not checked. All else is asked each time (S-62). */
  follow(authorization: string | undefined): (() => AppCaller | null) | null {
    const claims = this.#checkedClaims(authorization);
    return claims && this.tokens.follow(claims);
  }

  /** Whether the app is still let in by the token that it came with. */
  async isStillIn({ claims }: AppCaller): Promise<boolean> {
    return (await this.tokens.accept(claims)) !== null;
  }

  /** What a token says whose signature was right; null if that is not known. Whether it still holds is another question. */
  #checkedClaims(authorization: string | undefined): AccessTokenClaims | null {
    if (authorization === undefined) return null;
    return this.#checked.get(digestOf(authorization)) ?? null;
  }

  async #claimsOf(token: string, digest: string): Promise<AccessTokenClaims | null> {
    const known = this.#checked.get(digest);
    const claims = known ?? (await this.strategy.check(token));
    if (claims === null || !this.tokens.isTimely(claims)) {
      this.#checked.delete(digest);
      return null;
    }
    if (!known) this.#checked.set(digest, claims);
    return claims;
  }
}
