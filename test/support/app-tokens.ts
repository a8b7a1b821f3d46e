import { Config } from '../../src/config/index.js';
import {
  apiOf,
  AppSignIns,
  issuerOf,
  type AccessTokenClaims,
  type ApiScope,
  type AppSignIn,
} from '../../src/features/oauth/index.js';
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
