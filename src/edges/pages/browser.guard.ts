import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callersOf } from '../../platform/http/callers.js';
import { errandOf } from '../../platform/http/overload/priority.js';
import { FormTokens } from './form-tokens.js';
import { Visitors, type PageRequest } from './visitors.service.js';
import { signInPathFor } from './ways.js';

/**
 * Recognises a signed-in browser by its cookie on every page. Where a page is for signed-in people only, everybody else
 * is sent to sign in first, and a form without its token is refused (S-113).
 */
@Injectable()
export class BrowserGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly visitors: Visitors,
    private readonly formTokens: FormTokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<PageRequest>();
    const isForSignedIn = callersOf(this.reflector, context)?.includes('browser') === true;
    // Where no credential is asked for, the network was counted already.
    const network = isForSignedIn ? request.network : null;
    const browser = await this.visitors.recognise(request, network, errandOf(this.reflector, context));
    if (!isForSignedIn) return true;
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
