import { Injectable } from '@nestjs/common';
import { AccessTokens, type AccessTokenClaims, type SignedInApp } from '../../../features/oauth/index.js';
import { digestOf } from '../../../platform/crypto/digest.js';
import { Memory } from '../../../shared/memory.js';
import { tokenInvalid, tokenMissing } from '../problems/refusals.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { bearerToken } from './token-header.js';

/** About 700 bytes each: 14 MB. */
const MOST_REMEMBERED = 20_000;

/** An app that calls, with what it takes to ask again whether it is still let in. */
export interface AppCaller extends SignedInApp {
  readonly claims: AccessTokenClaims;
}

/** Recognises apps by their access token. A signature is checked once, everything else on every request (S-62). */
@Injectable()
export class Apps {
  /** Claims of tokens whose signature was right, by digest. */
  readonly #checked = new Memory<string, AccessTokenClaims>(MOST_REMEMBERED);

  constructor(
    private readonly strategy: AccessTokenStrategy,
    private readonly tokens: AccessTokens,
  ) {}

  /** @throws DomainError unauthenticated; one answer for malformed, foreign, expired and ended (S-16) */
  async recognise(authorization: string | undefined): Promise<AppCaller> {
    if (authorization === undefined) throw tokenMissing();
    const token = bearerToken(authorization);
    const claims = token === null ? null : await this.#claimsOf(token);
    const caller = claims && (await this.#accepted(claims));
    if (!caller) throw tokenInvalid();
    return caller;
  }

  /** The same at once, where everything is remembered; null says nothing but to ask `recognise`. */
  recogniseNow(authorization: string | undefined): AppCaller | null {
    const token = bearerToken(authorization);
    const claims = token === null ? undefined : this.#checked.get(digestOf(token));
    if (claims === undefined) return null;
    const app = this.tokens.acceptNow(claims);
    return app && { ...app, claims };
  }

  /** Whether the app is still let in by the token that it came with. */
  async isStillIn({ claims }: AppCaller): Promise<boolean> {
    return (await this.#accepted(claims)) !== null;
  }

  async #accepted(claims: AccessTokenClaims): Promise<AppCaller | null> {
    const app = await this.tokens.accept(claims);
    return app && { ...app, claims };
  }

  async #claimsOf(token: string): Promise<AccessTokenClaims | null> {
    const digest = digestOf(token);
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
