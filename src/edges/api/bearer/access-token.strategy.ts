import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { Config } from '../../../config/index.js';
import {
  ACCESS_TOKEN_TYPE,
  AccessTokens,
  apiOf,
  issuerOf,
  type AccessTokenClaims,
} from '../../../features/oauth/index.js';
import { keyIdOf } from './token-header.js';

const NAME = 'access-token';

/** What the strategy reads instead of a request: it never sees query, body or cookies (S-16). */
interface Presented {
  readonly token: string;
}

type Passport = InstanceType<typeof passport.Passport>;
type GiveKey = (error: Error | null, key?: KeyObject) => void;

const claimsSchema = z.object({
  iss: z.string(),
  // One audience, ours: a token for several resources is not for us alone.
  aud: z.string(),
  sub: z.string().min(1),
  client_id: z.string().min(1),
  scope: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number().optional(),
  sign_in: z.string().min(1),
});

/** Checks signature, issuer and audience of access tokens (RFC 9068, 4); the times are for `AccessTokens` to judge. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, NAME) {
  // Only declared: an initial value would come after the constructor below, which sets it.
  declare private own: Passport | undefined;

  constructor(tokens: AccessTokens, config: Config) {
    super({
      jwtFromRequest: ({ token }: Presented) => token,
      secretOrKeyProvider: (_request: Presented, token: string, done: GiveKey) => {
        const id = keyIdOf(token, ACCESS_TOKEN_TYPE);
        const key = id === null ? null : tokens.keyFor(id);
        if (key === null) done(new Error('no such key'));
        else done(null, key);
      },
      algorithms: ['ES256'],
      issuer: issuerOf(config),
      audience: apiOf(config),
      // Times are judged by the broker's own clock, on every request.
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true },
    } as unknown as ConstructorParameters<typeof Strategy>[0]);
  }

  /** Each broker has its own: passport's global one would check with the keys of whichever was built last. */
  getPassportInstance(): Passport {
    return (this.own ??= new passport.Passport());
  }

  /** Called by passport once the signature is right. */
  validate(payload: unknown): AccessTokenClaims | null {
    return claimsSchema.safeParse(payload).data ?? null;
  }

  /** What a token says, or null. */
  check(token: string): Promise<AccessTokenClaims | null> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, claims?: AccessTokenClaims | false | null): void => {
        if (error) reject(error);
        else resolve(claims === false ? null : (claims ?? null));
      };
      const middleware = this.getPassportInstance().authenticate(NAME, { session: false }, done) as (
        request: Presented,
        response: object,
        next: (error: Error) => void,
      ) => void;
      middleware({ token }, {}, reject);
    });
  }
}
