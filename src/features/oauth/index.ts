/** OAuth: apps and sites that people let in with their account. Stands in for the feature until it is merged. */
export {
  ACCESS_TOKEN_TYPE,
  type AccessTokenClaims,
  type ApiScope,
  type SignedInApp,
} from './access-token.js';
export { AccessTokens } from './access-tokens.service.js';
export type { AppSignIn } from './app-sign-in.js';
export { AppSignIns } from './app-sign-ins.service.js';
export { OauthModule } from './oauth.module.js';
