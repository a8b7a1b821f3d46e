import { Injectable } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { SigningKeys } from '../../platform/crypto/signing-keys.js';
import { SECOND } from '../../shared/clock.js';
import { AccountsService, isActive } from '../accounts/index.js';
import type { AccessTokenClaims, SignedInApp } from './access-token.js';
import { AppSignIns } from './app-sign-ins.service.js';

/** Our own access tokens, as the API meets them: which key, and whether what they say still holds. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly signIns: AppSignIns,
    private readonly accounts: AccountsService,
    private readonly keys: SigningKeys,
  ) {}

  /** The key that checks a token with this `kid`, always under ES256, or null (S-56, RFC 8725). */
  keyFor(kid: string): KeyObject | null {
    const key = this.keys.find(kid);
    return key?.algorithm === 'ES256' ? key.publicKey : null;
  }

  /** The app behind a token whose signature was checked, or null: its sign-in or account has ended (S-62). */
  async accept(claims: AccessTokenClaims): Promise<SignedInApp | null> {
    const signIn = await this.signIns.find(claims.sign_in);
    if (signIn?.accountId !== claims.sub || signIn.clientId !== claims.client_id) return null;
    const account = await this.accounts.find(signIn.accountId);
    if (!account || !isActive(account)) return null;
    const scopes = claims.scope.split(' ').filter((scope) => signIn.scopes.includes(scope));
    return {
      account,
      clientId: signIn.clientId,
      signInId: signIn.id,
      scopes: new Set(scopes),
      expiresAt: claims.exp * SECOND,
    };
  }
}
