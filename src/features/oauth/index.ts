/**
 * OAuth: apps and sites that people let in with their account.
 *
 * Promises: a sign-in that ends takes its codes and tokens with it at once (S-62); tokens and codes are kept as digests
 * (S-50); a code is used once, a refresh token once but for lost answers (S-12).
 */
export {
  ACCESS_TOKEN_TYPE,
  type AccessTokenClaims,
  type ApiScope,
  type SignedInApp,
} from './access-token.js';
export { AccessTokens } from './access-tokens.service.js';
export type { AppSignIn } from './app-sign-in.js';
export { AppSignIns } from './app-sign-ins.service.js';
export { AuthorizationServer } from './authorization-server.service.js';
export { APP_CLIENT, type NewSite, type SiteClient } from './client.js';
export { ClientsModule } from './clients.module.js';
export { Clients } from './clients.service.js';
export { DeviceCodes } from './device-codes.service.js';
export { Interactions, type Asked, type Exchange } from './interactions.service.js';
export type { OidcErrorFacts, OidcViews, SignOutFacts } from './visit.js';
export { apiOf, issuerOf, OIDC_PATH } from './names.js';
export { OauthModule } from './oauth.module.js';
export { oauthTables } from './oauth-tables.js';
