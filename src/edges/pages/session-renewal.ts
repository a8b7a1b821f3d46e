import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { SignInService } from '../../features/accounts/index.js';
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
    private readonly config: Config,
  ) {}

  /**
   * The password was typed once more: checked, and the session goes on under a new token (S-10).
   *
   * @returns the headers that give the browser its new token
   * @throws DomainError unauthenticated, rate-limited
   */
  async prove(browser: SignedInBrowser, password: string, network: string): Promise<Page['headers']> {
    await this.signIns.prove(browser.account.id, password, network);
    return this.renew(browser);
  }

  /** The same where the act itself has checked the password. */
  async renew({ session }: SignedInBrowser): Promise<Page['headers']> {
    const token = await this.sessions.renew(session);
    const maxAge = session.persistent ? this.sessions.lifetimes(true).absolute : undefined;
    return { 'Set-Cookie': setCookie(cookieName('sid', this.config), token, maxAge) };
  }
}

/** What was wrong, said of the field in which these forms ask for the password. */
export function ofCurrentPassword(problem: Problem): Problem {
  if (problem.code !== 'wrong-credentials') return problem;
  return { ...problem, code: 'current-password', field: 'currentPassword' };
}
