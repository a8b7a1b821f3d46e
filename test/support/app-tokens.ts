import { SignJWT } from 'jose';
import { Config } from '../../src/config/index.js';
import {
  ACCESS_TOKEN_TYPE,
  apiOf,
  AppSignIns,
  issuerOf,
  type AccessTokenClaims,
  type ApiScope,
  type AppSignIn,
} from '../../src/features/oauth/index.js';
import { SigningKeys } from '../../src/platform/crypto/signing-keys.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { Random } from '../../src/shared/random.js';
import type { AccountId } from '../../src/shared/ids.js';
import type { TestBroker } from './broker.js';

/** An app that somebody let in, without the way there. */
export async function letIn(
  { app }: TestBroker,
  accountId: AccountId,
  scopes: readonly ApiScope[] = ['servers:read'],
  deviceName = 'Living room',
): Promise<AppSignIn> {
  const description = { accountId, clientId: 'signpost-device', appName: 'Theater', network: '127.0.0.1' };
  return app
    .get(UnitOfWork)
    .run(() => app.get(AppSignIns).beginWithin({ ...description, deviceName, scopes }));
}

/** What the authorization server would put into a token for that sign-in, with `changes` on top. */
export function claimsFor(
  broker: TestBroker,
  signIn: AppSignIn,
  changes: Partial<Record<keyof AccessTokenClaims, unknown>> = {},
): AccessTokenClaims {
  const config = broker.app.get(Config);
  const now = Math.floor(broker.clock.now() / 1_000);
  return {
    iss: issuerOf(config),
    aud: apiOf(config),
    sub: signIn.accountId,
    client_id: signIn.clientId,
    scope: signIn.scopes.join(' '),
    jti: broker.app.get(Random).hex(16),
    iat: now,
    exp: now + 900,
    sign_in: signIn.id,
    ...changes,
  } as AccessTokenClaims;
}

/** An access token with these claims, signed as the authorization server signs. */
export async function signedToken(broker: TestBroker, claims: AccessTokenClaims): Promise<string> {
  const { id, privateKey } = broker.app.get(SigningKeys).active('ES256');
  const header = { alg: 'ES256', typ: ACCESS_TOKEN_TYPE, kid: id };
  return new SignJWT({ ...claims }).setProtectedHeader(header).sign(privateKey);
}
