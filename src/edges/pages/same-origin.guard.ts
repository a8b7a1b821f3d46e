import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../config/index.js';
import { DomainError } from '../../shared/domain-error.js';

/**
 * Forms are sent from our own pages only (S-113): neither with the cookie of a signed-in person, nor with what somebody
 * else has filled in. The tokens of `FormTokens` stand behind this where a browser sends none of these headers.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  readonly #publicOrigin: string;

  constructor(config: Config) {
    this.#publicOrigin = config.publicUrl;
  }

  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (method === 'GET' || method === 'HEAD') return true;
    if (isOurSite(headers['sec-fetch-site']) && this.#isOurOrigin(headers.origin, headers.host)) return true;
    throw new DomainError('forbidden', 'cross-site', 'This form was sent from another site.');
  }

  /** `null` says nothing: `Referrer-Policy: no-referrer` makes browsers send it from our own pages too (Fetch, 3.1). */
  #isOurOrigin(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || origin === 'null' || origin === this.#publicOrigin) return true;
    return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
  }
}

/** Absent in old browsers, and on plain http but for localhost. A neighbour on the same domain is not us. */
function isOurSite(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none';
}
