import type { Config } from '../../config/index.js';
import type { OidcViews } from '../../features/oauth/index.js';
import { signedOutHeaders } from './cookies.js';
import { page, pageHeaders, renderPage } from './html.js';
import { OidcErrorPage, SignedOutPage, SignOutPage } from './templates/oidc.js';

/** The pages that the authorization server shows by itself; nobody is signed in on them. */
export function oidcViews(config: Config): OidcViews {
  return {
    error: (facts) => renderPage(page(OidcErrorPage, facts)),
    signOut: (facts) => renderPage(page(SignOutPage, facts)),
    signedOut: () => renderPage(page(SignedOutPage, {})),
    headers: (formTarget) => pageHeaders(config, formTarget),
    signedOutHeaders: () => signedOutHeaders(config),
  };
}
