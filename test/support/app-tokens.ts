import { Config } from '../../src/config/index.js';
import {
  AppSignIns,
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

/** What an access token of the built-in client says, `changes` over what is right. */
export function claimsOf(
  { app, clock }: TestBroker,
  accountId: AccountId,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const now = Math.floor(clock.now() / 1_000);
  const { publicUrl } = app.get(Config);
  return {
    iss: `${publicUrl}/oidc`,
    aud: `${publicUrl}/api/v1`,
    sub: accountId,
    client_id: 'signpost-device',
    jti: app.get(Random).hex(16),
    iat: now,
    exp: now + 900,
    ...changes,
  };
}

/** What the authorization server would put into a token for that sign-in, with `changes` on top. */
export function claimsFor(
  broker: TestBroker,
  { id, accountId, clientId, scopes }: AppSignIn,
  changes: Partial<Record<keyof AccessTokenClaims, unknown>> = {},
): AccessTokenClaims {
  const own = { client_id: clientId, scope: scopes.join(' '), sign_in: id };
  return claimsOf(broker, accountId, { ...own, ...changes }) as unknown as AccessTokenClaims;
}
