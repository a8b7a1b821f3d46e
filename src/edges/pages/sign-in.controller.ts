import { Req } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { SignInService, type SignInOrigin } from '../../features/accounts/index.js';
import { Interactions } from '../../features/oauth/index.js';
import { WebSessionsService, type SignedInBrowser } from '../../features/sessions/index.js';
import { Priority } from '../../platform/http/overload/priority.js';
import { cookieIn, cookieName, signedOutHeaders } from './cookies.js';
import { FormTokens } from './form-tokens.js';
import type { Form } from './form.js';
import { page, seeOther, type Page } from './html.js';
import {
  Browser,
  Fields,
  Origin,
  PageController,
  Query,
  Show,
  Submit,
  SubmitSignedIn,
} from './page.decorators.js';
import { MENDABLE_LATER, orAgain, type Problem } from './problem.js';
import { SessionRenewal } from './session-renewal.js';
import { SignInPage } from './templates/sign-in.js';
import type { PageRequest } from './visitors.service.js';
import { allowIdIn, destinationAfter } from './ways.js';

/** Signing in on the pages, and out. */
@PageController()
export class SignInController {
  constructor(
    private readonly signIns: SignInService,
    private readonly sessions: WebSessionsService,
    private readonly renewal: SessionRenewal,
    private readonly interactions: Interactions,
    private readonly formTokens: FormTokens,
    private readonly config: Config,
  ) {}

  @Show('sign-in')
  async show(@Query(['next']) query: Form, @Browser() browser: SignedInBrowser | undefined): Promise<Page> {
    return browser ? seeOther(destinationAfter(query.text('next'))) : this.#ask(query);
  }

  @Submit('sign-in')
  submit(
    @Fields(['identifier', 'password', 'stay', 'next']) form: Form,
    @Req() request: PageRequest,
    @Origin() origin: SignInOrigin,
  ): Promise<Page> {
    return orAgain(
      () => this.#signIn(form, request, origin),
      (problem) => this.#ask(form, problem),
      MENDABLE_LATER,
    );
  }

  @Priority('always')
  @SubmitSignedIn('sign-out')
  async signOut(@Browser() { account, session }: SignedInBrowser): Promise<Page> {
    await this.sessions.signOut(session.id, account.id);
    return seeOther('/', signedOutHeaders(this.config));
  }

  async #signIn(form: Form, request: PageRequest, origin: SignInOrigin): Promise<Page> {
    this.#requireOurForm(request);
    const proof = { form: 'password', text: form.text('password') } as const;
    const persistent = form.text('stay') !== '';
    const browser = request.headers['user-agent'] ?? '';
    const session = { browser, network: origin.network, persistent };
    const cookies = await this.signIns.signIn(form.line('identifier'), proof, origin, async (account) => {
      const token = await this.sessions.signIn(account, session, request.browser?.session);
      return this.renewal.cookies(account, { token, persistent }, origin);
    });
    return seeOther(destinationAfter(form.text('next')), cookies);
  }

  /** Signing in may lead back to an app or site that asked for it. */
  async #ask(typed: Form, problem?: Problem): Promise<Page> {
    const id = allowIdIn(typed.text('next'));
    const formTarget = id === null ? null : await this.interactions.redirectOf(id);
    return { ...ask(typed, problem), ...(formTarget === null ? {} : { formTarget }) };
  }

  /** Signing a stranger's browser in to an account of one's own is an attack too (S-113). */
  #requireOurForm(request: PageRequest): void {
    const cookie = cookieIn(request.headers.cookie, cookieName('form', this.config));
    this.formTokens.require(request, cookie, request.browser?.session.id ?? '');
  }
}

function ask(typed: Form, problem?: Problem): Page {
  const [identifier, next] = [typed.line('identifier'), typed.text('next')];
  return page(SignInPage, { identifier, next, stay: typed.text('stay') !== '', problem }, problem?.status);
}
