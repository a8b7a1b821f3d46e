import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import type { WebSession } from '../sessions/index.js';
import { visitOf } from './visit.js';

/** Set on pages of ours: what the provider would show by itself is never sent. */
const SHOWN = 'isOurPage';
/** What a page says went wrong. */
const REFUSAL = 'refusal';

export function showError(
  ctx: KoaContextWithOIDC,
  error: { readonly error?: string; readonly message: string },
): void {
  const code = error.error ?? (ctx.status >= 500 ? 'server_error' : error.message);
  show(ctx, visitOf(ctx).views.error({ status: ctx.status, code }));
  ctx.state[REFUSAL] = code;
}

/** Why a request is refused, in the words of OAuth (RFC 6749, 5.2), which are the provider's and never the caller's. */
export function refusalOf({ body, state, status }: KoaContextWithOIDC): string {
  if (status >= 500) return 'trouble';
  const code: unknown = state[REFUSAL] ?? (body as { readonly error?: unknown } | null | undefined)?.error;
  return typeof code === 'string' ? code : 'http';
}

/** Asks whether to sign out; where nobody is signed in, a button leads on. */
export function showSignOut(ctx: KoaContextWithOIDC): void {
  const { browser, views } = visitOf(ctx);
  const { session, client, params } = ctx.oidc;
  const back = params?.['post_logout_redirect_uri'];
  const page = views.signOut({
    action: ctx.oidc.urlFor('end_session_confirm'),
    xsrf: String(session?.state?.['secret']),
    siteName: client ? nameOf(client) : null,
    userName: browser?.account.userName ?? null,
  });
  show(ctx, page, typeof back === 'string' ? new URL(back).origin : undefined);
}

function nameOf({ clientName, clientId }: Client): string {
  return clientName ?? clientId;
}

export function showSignedOut(ctx: KoaContextWithOIDC): void {
  show(ctx, visitOf(ctx).views.signedOut());
}

function show(ctx: KoaContextWithOIDC, html: string, formTarget?: string): void {
  ctx.type = 'html';
  ctx.body = html;
  ctx.set(visitOf(ctx).views.headers(formTarget));
  ctx.state[SHOWN] = true;
}

/**
 * The provider has a few pages of its own, which send themselves by script and which our policy forbids: signing out
 * when nobody is signed in, and switching accounts half-way.
 */
export function replaceForeignPage(ctx: KoaContextWithOIDC): void {
  if (ctx.state[SHOWN] === true || ctx.response.is('html') === false) return;
  if (ctx.status >= 300 && ctx.status < 400) {
    // The body of a redirect repeats its target, a code included.
    const { status } = ctx;
    ctx.body = '';
    ctx.status = status;
    ctx.remove('Content-Type');
    return;
  }
  if (ctx.oidc.route === 'end_session') showSignOut(ctx);
  else {
    ctx.status = 400;
    showError(ctx, { error: 'session_changed', message: 'session_changed' });
  }
}

/** After the person said yes to signing out. */
export function hasSignedOut(ctx: KoaContextWithOIDC): WebSession | undefined {
  const isDone = ctx.oidc.route === 'end_session_confirm' && ctx.oidc.params?.['logout'] !== undefined;
  return isDone && ctx.status === 303 ? visitOf(ctx).browser?.session : undefined;
}
