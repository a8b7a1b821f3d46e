import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/index.js';
import { WebSessionsService, type SignedInBrowser } from '../../features/sessions/index.js';
import { callersOf } from '../../platform/http/callers.js';
import { cookieIn, cookieName } from './cookies.js';
import { FormTokens } from './form-tokens.js';
import { signInPathFor } from './ways.js';

/** A request for a page, with the browser that the guard has recognised. */
export interface PageRequest extends FastifyRequest {
  browser?: SignedInBrowser;
  /** Of the page that answers it (`Page.formTarget`). */
  formTarget?: string;
}

/**
 * Recognises a signed-in browser by its cookie on every page. Where a page is for signed-in people only, everybody else
 * is sent to sign in first, and a form without its token is refused (S-113).
 */
@Injectable()
export class BrowserGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly sessions: WebSessionsService,
    private readonly formTokens: FormTokens,
    private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<PageRequest>();
    const token = cookieIn(request.headers.cookie, cookieName('sid', this.config));
    const browser = token === '' ? null : await this.sessions.authenticate(token);
    if (browser) request.browser = browser;
    if (!callersOf(this.reflector, context)?.includes('browser')) return true;
    if (!browser) return sendToSignIn(request, context.switchToHttp().getResponse<FastifyReply>());
    if (request.method === 'POST') this.formTokens.require(request, browser.session.id);
    return true;
  }
}

/** 303, so that a form that was sent too late is not sent again to the sign-in page. */
function sendToSignIn(request: FastifyRequest, reply: FastifyReply): false {
  void reply
    .status(303)
    .header('Location', signInPathFor(request.raw.url ?? ''))
    .send();
  return false;
}
