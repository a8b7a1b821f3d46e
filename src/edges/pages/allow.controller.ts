import { Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SignInOrigin } from '../../features/accounts/index.js';
import { Interactions, type Asked, type Exchange } from '../../features/oauth/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import { DomainError } from '../../shared/domain-error.js';
import type { Form } from './form.js';
import { page, seeOther, type Page } from './html.js';
import { Browser, Fields, Origin, PageController, Show, SubmitSignedIn } from './page.decorators.js';
import { orAgain, type Problem } from './problem.js';
import { ofCurrentPassword, SessionRenewal } from './session-renewal.js';
import { AllowPage, ProvePage } from './templates/allow.js';
import { allowPath, signInPathFor } from './ways.js';

/** An app or site asks for somebody's account: signing in for it, and letting it in. */
@PageController()
export class AllowController {
  constructor(
    private readonly interactions: Interactions,
    private readonly renewal: SessionRenewal,
  ) {}

  @Show('allow/:id')
  async show(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Browser() browser: SignedInBrowser | undefined,
  ): Promise<Page> {
    const path = pathOf(id);
    const next = await this.interactions.next(exchangeOf(request, reply), browser);
    switch (next.step) {
      case 'sign-in':
        return seeOther(signInPathFor(path));
      case 'prove':
        return prove(path, next.asked);
      case 'decide':
        return { ...page(AllowPage, { path, asked: next.asked }), formTarget: next.asked.redirectUri };
      case 'go-on':
        return seeOther(next.location);
    }
  }

  @SubmitSignedIn('allow/:id')
  async answer(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Browser() browser: SignedInBrowser,
    @Fields(['answer']) form: Form,
  ): Promise<Page> {
    const exchange = exchangeOf(request, reply);
    const isAllowed = form.text('answer') === 'allow';
    return seeOther(
      isAllowed ? await this.interactions.allow(exchange, browser) : await this.interactions.deny(exchange),
    );
  }

  @SubmitSignedIn('allow/:id/prove')
  prove(
    @Param('id') id: string,
    @Browser() browser: SignedInBrowser,
    @Fields(['currentPassword']) form: Form,
    @Origin() origin: SignInOrigin,
  ): Promise<Page> {
    const path = pathOf(id);
    return orAgain(
      async () => {
        await this.renewal.prove(browser, form.text('currentPassword'), origin);
        return seeOther(path, await this.renewal.renew(browser, origin));
      },
      (problem) => this.#proveAgain(id, ofCurrentPassword(problem)),
    );
  }

  async #proveAgain(id: string, problem: Problem): Promise<Page> {
    return prove(pathOf(id), await this.interactions.askedIn(id), problem);
  }
}

function prove(path: string, asked: Asked, problem?: Problem): Page {
  const shown = page(ProvePage, { path, asked, problem }, problem?.status);
  return { ...shown, formTarget: asked.redirectUri };
}

function exchangeOf(request: FastifyRequest, reply: FastifyReply): Exchange {
  return { request: request.raw, response: reply.raw };
}

function pathOf(id: string): string {
  const path = allowPath(id);
  if (path === null) throw new DomainError('gone', 'authorization-expired', 'There is no such request.');
  return path;
}
