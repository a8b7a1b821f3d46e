import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import {
  KnownBrowsers,
  SignInService,
  type Account,
  type SignInOrigin,
} from '../../features/accounts/index.js';
import { WebSessionsService, type SignedInBrowser } from '../../features/sessions/index.js';
import { cookieName, setCookie } from './cookies.js';
import type { Page } from './html.js';
import type { Problem } from './problem.js';

/** Asking a signed-in person for the password again, before acts that a borrowed browser must not do (S-09). */
@Injectable()
export class SessionRenewal {
  constructor(
    private readonly signIns: SignInService,
    private readonly sessions: WebSessionsService,
    private readonly knownBrowsers: KnownBrowsers,
    private readonly config: Config,
  ) {}

  /** @throws DomainError unauthenticated, rate-limited */
  prove({ account }: SignedInBrowser, password: string, origin: SignInOrigin): Promise<void> {
    return this.signIns.prove(account.id, password, origin);
  }

  /**
   * The session goes on under a new token, as whenever the password was typed (S-10). Once the act is done: a form that
   * comes back must not cost the browser its session.
   *
   * @returns the headers that give the browser its new token
   */
  async renew({ account, session }: SignedInBrowser, origin: SignInOrigin): Promise<Page['headers']> {
    const token = await this.sessions.renew(session);
    return this.cookies(account, { token, persistent: session.persistent }, origin);
  }

  /** For a browser in which the password was right: its session, and the secret by which it is known later (S-22). */
  async cookies(
    { id }: Pick<Account, 'id'>,
    { token, persistent }: { readonly token: string; readonly persistent: boolean },
    { browserSecret = '' }: SignInOrigin,
  ): Promise<Page['headers']> {
    const secret = await this.knownBrowsers.welcome(id, browserSecret);
    const maxAge = persistent ? this.sessions.lifetimes(true).absolute : undefined;
    return {
      'Set-Cookie': [
        setCookie(cookieName('sid', this.config), token, maxAge),
        setCookie(cookieName('device', this.config), secret, this.config.knownBrowserTtl),
      ],
    };
  }
}

/** What was wrong, said of the field in which these forms ask for the password. */
export function ofCurrentPassword(problem: Problem): Problem {
  if (problem.code !== 'wrong-credentials') return problem;
  return { ...problem, code: 'current-password', field: 'currentPassword' };
}
