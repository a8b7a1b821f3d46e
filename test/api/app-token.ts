import { sign, type KeyObject } from 'node:crypto';
import type { Account } from '../../src/features/accounts/index.js';
import { AppSignIns } from '../../src/features/oauth/index.js';
import { SigningKeys } from '../../src/platform/crypto/signing-keys.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { claimsOf } from '../support/app-tokens.js';
import type { TestBroker } from '../support/broker.js';

const ALL_SCOPES = ['servers:read', 'links:manage', 'sign-ins:manage', 'profile', 'email'];

export interface SignedIn {
  readonly token: string;
  readonly signInId: string;
}

/** An app that the account let in. @returns its access token, as the token endpoint would give it */
export async function signIn(
  broker: TestBroker,
  account: Account,
  scopes: readonly string[] = ALL_SCOPES,
): Promise<SignedIn> {
  const signIn = await broker.app.get(UnitOfWork).run(() =>
    broker.app.get(AppSignIns).beginWithin({
      accountId: account.id,
      clientId: 'signpost-device',
      appName: 'TV client',
      deviceName: 'Living room TV',
      network: '127.0.0.1',
      scopes,
    }),
  );
  const claims = claimsOf(broker, account.id, { sign_in: signIn.id, scope: scopes.join(' ') });
  return { token: jwt(broker, claims), signInId: signIn.id };
}

export type Claims = Record<string, unknown>;

/** A signed token; `header` over what is right. */
export function jwt(broker: TestBroker, claims: Claims, header: object = {}, key?: KeyObject): string {
  const ours = broker.app.get(SigningKeys).active('ES256');
  const head = { alg: 'ES256', typ: 'at+jwt', kid: ours.id, ...header };
  return signed(head, claims, key ?? ours.privateKey);
}

/** Exactly this header, these claims, this key. */
export function signed(header: object, claims: Claims, key: KeyObject): string {
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
