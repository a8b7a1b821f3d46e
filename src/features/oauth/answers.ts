import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Config } from '../../config/index.js';
import { API_SCOPES, IDENTITY_SCOPES } from './names.js';
import { POLL_INTERVAL_SECONDS } from './poll-pace.js';

/** Those who keep our keys must notice new ones in time (S-55). */
const PUBLISHED = 'public, max-age=900';

/** What the provider answers, made true where its settings cannot. */
export function mendAnswer(ctx: KoaContextWithOIDC, { publicUrl }: Config): void {
  const body: unknown = ctx.body;
  if (ctx.status !== 200 || typeof body !== 'object' || body === null) return;
  if (ctx.oidc.route === 'device_authorization') Object.assign(body, verification(body, publicUrl));
  if (ctx.oidc.route === 'jwks') ctx.set('Cache-Control', PUBLISHED);
  if (ctx.oidc.route === 'discovery') {
    ctx.set('Cache-Control', PUBLISHED);
    Object.assign(body, {
      response_modes_supported: ['query', 'fragment'],
      scopes_supported: [...IDENTITY_SCOPES, ...API_SCOPES],
    });
  }
}

/** People type PINs of both kinds on one page (RFC 8628, 3.2). */
function verification(body: { readonly user_code?: string }, publicUrl: string): object {
  const page = `${publicUrl}/pin`;
  return {
    verification_uri: page,
    verification_uri_complete: `${page}?pin=${body.user_code ?? ''}`,
    interval: POLL_INTERVAL_SECONDS,
  };
}
