import type { Account, Client, Configuration, Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { Config } from '../../config/index.js';
import type { SigningKeys } from '../../platform/crypto/signing-keys.js';
import { SECOND, type Clock } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { isActive, type AccountsService } from '../accounts/index.js';
import type { AppSignIns } from './app-sign-ins.service.js';
import type { Grants } from './grants.service.js';
import { API_SCOPES, apiOf, IDENTITY_SCOPES, TOKEN_SCOPES, WITHOUT_PKCE } from './names.js';
import { errors, interactionPolicy } from './oidc.js';
import { jwksOf } from './published-keys.js';
import { showError, showSignedOut, showSignOut } from './shown-pages.js';
import type { ProviderStorage } from './provider-storage.js';
import { visitOf } from './visit.js';

/** What the callbacks of the provider use. */
export interface Parts {
  readonly accounts: AccountsService;
  readonly clock: Clock;
  readonly config: Config;
  readonly grants: Grants;
  readonly keys: SigningKeys;
  readonly signIns: AppSignIns;
  readonly storage: ProviderStorage;
}

/** What the provider takes for "no resource", which its types do not know. */
const NONE = undefined as unknown as string;

const CODE_SECONDS = 60;
const INTERACTION_SECONDS = 3_600;

/** Where what is, below the issuer. The page for device codes is ours (`/pin`), so its route is never reached. */
const ROUTES = {
  authorization: '/authorize',
  code_verification: '/unused',
  device_authorization: '/device-authorization',
  end_session: '/end-session',
  jwks: '/jwks',
  revocation: '/revoke',
  token: '/token',
  userinfo: '/userinfo',
} as const;

export function configurationOf(parts: Parts): Configuration {
  const { config } = parts;
  return {
    adapter: (kind: string) => parts.storage.for(kind),
    jwks: jwksOf(parts.keys),
    routes: ROUTES,
    responseTypes: ['code'],
    pkce: { required: ({ oidc }, client) => !mayOmitPkce(client, oidc.params ?? {}) },
    extraClientMetadata: { properties: [WITHOUT_PKCE] },
    allowOmittingSingleRegisteredRedirectUri: false,
    // ID tokens of sites say who it is: several forum plug-ins look nowhere else.
    conformIdTokenClaims: false,
    scopes: [...IDENTITY_SCOPES],
    claims: {
      auth_time: null,
      iss: null,
      openid: ['sub'],
      profile: ['preferred_username'],
      email: ['email', 'email_verified'],
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
    clientDefaults: { grant_types: ['authorization_code'], response_types: ['code'] },
    clockTolerance: 0,
    extraParams: { device_name: checkName, app_name: checkName },
    cookies: cookiesOf(config),
    ttl: ttlOf(config),
    features: featuresOf(parts),
    interactions: { policy: interactionPolicy.base(), url: (_ctx, { uid }) => `/allow/${uid}` },
    ...tokenPolicies(parts),
    findAccount: async (_ctx, id) => accountOf(parts, id),
    clientBasedCORS: (_ctx, origin, client) =>
      origin !== 'null' &&
      client.clientAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    renderError: (ctx, _out, error) => {
      showError(ctx, error);
    },
  };
}

function tokenPolicies(parts: Parts): Partial<Configuration> {
  return {
    rotateRefreshToken: true,
    formats: { customizers: { jwt: (_ctx, token, { payload }) => timedBy(parts.clock, token, payload) } },
    expiresWithSession: () => Promise.resolve(false),
    extraTokenClaims: (_ctx, token) =>
      Promise.resolve('grantId' in token ? { sign_in: token.grantId } : undefined),
    issueRefreshToken: (_ctx, client, source) => {
      const isWanted = client.applicationType === 'native' || source.scopes.has('offline_access');
      return Promise.resolve(isWanted && client.grantTypeAllowed('refresh_token'));
    },
    loadExistingGrant: (ctx) => loadGrant(ctx, parts),
    revokeGrantPolicy: (ctx) => mayRevoke(ctx, parts),
  };
}

/** Ends with the life of the grant, and with the patience for those who never come back (S-12). */
function ttlOf(config: Config): Configuration['ttl'] {
  const seconds = (ms: number): number => Math.max(1, Math.floor(ms / SECOND));
  return {
    AccessToken: seconds(config.accessTokenTtl),
    AuthorizationCode: CODE_SECONDS,
    DeviceCode: seconds(config.pinTtl),
    Grant: seconds(config.appTtl),
    IdToken: seconds(config.accessTokenTtl),
    Interaction: INTERACTION_SECONDS,
    RefreshToken: seconds(config.appIdleTtl),
    Session: seconds(config.staySignedInTtl),
  };
}

/** Access tokens say the time of the clock that judges them; the provider knows only the machine's. */
function timedBy(clock: Clock, { expiration }: { readonly expiration: number }, payload: object): void {
  const iat = Math.floor(clock.now() / SECOND);
  Object.assign(payload, { iat, exp: iat + expiration });
}

function cookiesOf({ publicUrl }: Config): Configuration['cookies'] {
  const isSecure = publicUrl.startsWith('https:');
  const prefix = isSecure ? '__Secure-' : '';
  return {
    names: {
      session: isSecure ? '__Host-oidc' : 'oidc',
      interaction: `${prefix}oidc-asked`,
      resume: `${prefix}oidc-resume`,
    },
    long: { httpOnly: true, sameSite: 'lax', path: '/' },
    short: { httpOnly: true, sameSite: 'lax' },
  };
}

function featuresOf(parts: Parts): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    introspection: { enabled: false },
    userinfo: { enabled: true },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx) => {
        showSignOut(ctx);
      },
      postLogoutSuccessSource: (ctx) => {
        showSignedOut(ctx);
      },
    },
    deviceFlow: {
      enabled: true,
      charset: 'base-20',
      mask: '****-****',
      deviceInfo: (ctx) => ({ network: visitOf(ctx).network }),
    },
    resourceIndicators: resourcesOf(parts),
  };
}

/** The native API is the one resource; who asks for its scopes means it. */
function resourcesOf({ config, keys }: Parts): NonNullable<Configuration['features']>['resourceIndicators'] {
  const api = apiOf(config);
  return {
    enabled: true,
    defaultResource: (ctx) => {
      const scopes = (ctx.oidc.params?.['scope'] as string | undefined)?.split(' ') ?? [];
      return scopes.some((scope) => API_SCOPES.includes(scope)) ? api : NONE;
    },
    useGrantedResource: () => true,
    getResourceServerInfo: (_ctx, resource) => {
      if (resource !== api) throw new errors.InvalidTarget();
      const sign = { alg: 'ES256', kid: keys.active('ES256').id } as const;
      return {
        audience: api,
        scope: TOKEN_SCOPES.join(' '),
        accessTokenFormat: 'jwt',
        accessTokenTTL: config.accessTokenTtl / SECOND,
        jwt: { sign },
      };
    },
  };
}

/**
 * A site with a secret whose software cannot send PKCE, and only with a state or a nonce: without any of the three, anybody
 * could slip a person the answer to somebody else's request (RFC 9700, 2.1.1 and 4.7).
 */
function mayOmitPkce(client: Client, { state, nonce }: Readonly<Record<string, unknown>>): boolean {
  const isMarked = client[WITHOUT_PKCE] === true && client.clientAuthMethod !== 'none';
  return isMarked && [state, nonce].some((value) => typeof value === 'string' && value.length >= 8);
}

/** Shown to people, so it must be short. */
function checkName(_ctx: KoaContextWithOIDC, value: string | undefined): void {
  if (value !== undefined && value.length > 128) throw new errors.InvalidRequest('a name is too long');
}

async function accountOf({ accounts }: Parts, id: string): Promise<Account | undefined> {
  const account = await accounts.find(id as AccountId);
  if (!account || !isActive(account)) return undefined;
  const { userName, email } = account;
  return {
    accountId: id,
    // An account is active only after its address was confirmed (S-37).
    claims: () => ({ sub: id, preferred_username: userName, email, email_verified: true }),
  };
}

async function loadGrant(ctx: KoaContextWithOIDC, { grants, signIns }: Parts): Promise<Grant | undefined> {
  const { provider, client, account } = ctx.oidc;
  if (!client || !account) return undefined;
  const known = await grants.ofSite(client, account.accountId);
  if (known) signIns.markUsed(known);
  const grant = await provider.Grant.find(allowedNow(ctx) ?? known?.id ?? '');
  return isOf(account.accountId, grant) ? grant : undefined;
}

/** Two people may take turns in one browser. */
function isOf(accountId: string, grant: Grant | undefined): boolean {
  return grant?.accountId === accountId;
}

/** The grant that the person has just given. */
function allowedNow({ oidc }: KoaContextWithOIDC): string | undefined {
  return oidc.result?.consent?.grantId;
}

/** Before a grant is ended. One that ends because an old refresh token came back is a case of its own (S-12). */
async function mayRevoke(ctx: KoaContextWithOIDC, { signIns }: Parts): Promise<boolean> {
  const { route, entities } = ctx.oidc;
  if (route === 'revocation' && entities.AccessToken) return false;
  if (route === 'token' && entities.RefreshToken) {
    const signIn = await signIns.find(entities.RefreshToken.grantId ?? '');
    if (signIn) await signIns.endReusedWithin(signIn);
  }
  return true;
}
