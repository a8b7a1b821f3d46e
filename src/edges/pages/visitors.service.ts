import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/index.js';
import { LinksService } from '../../features/links/index.js';
import { WebSessionsService, type SignedInBrowser } from '../../features/sessions/index.js';
import type { Errand } from '../../platform/limits/strangers.js';
import { DomainError } from '../../shared/domain-error.js';
import { Random } from '../../shared/random.js';
import { browserSecretIn, cookieIn, cookieName, setCookie } from './cookies.js';
import { FormTokens } from './form-tokens.js';
import { NOBODY, type Visitor } from './html.js';

/** A request for a page, with the browser that was recognised. */
export interface PageRequest extends FastifyRequest {
  browser?: SignedInBrowser;
  /** By which the browser may be known, signed in or not (S-22); '' if it has none, undefined until it was looked for. */
  browserSecret?: string;
  /** Of the page that answers it (`Page.formTarget`). */
  formTarget?: string;
}

/** Whom pages are shown to. */
@Injectable()
export class Visitors {
  constructor(
    private readonly sessions: WebSessionsService,
    private readonly links: LinksService,
    private readonly formTokens: FormTokens,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /**
   * The signed-in browser behind a request, by its cookie; asked once.
   *
   * @param network counted where the cookie has proven nothing lately (S-25); null if it was counted before
   * @throws DomainError rate-limited
   */
  async recognise(
    request: PageRequest,
    network: string | null,
    errand: Errand,
  ): Promise<SignedInBrowser | undefined> {
    if (request.browserSecret !== undefined) return request.browser;
    request.browserSecret = browserSecretIn(request.headers.cookie, this.config);
    const token = cookieIn(request.headers.cookie, cookieName('sid', this.config));
    const browser = await this.sessions.authenticate(token, network, errand);
    if (browser) request.browser = browser;
    return request.browser;
  }

  /** For a page, whose forms work for strangers as well. */
  async of(request: PageRequest, reply: FastifyReply): Promise<Visitor> {
    if (request.browser) return this.#signedIn(request.browser, await this.#waitingFor(request.browser));
    return { ...NOBODY, formToken: () => this.formTokens.of(this.#strangersKey(request, reply)) };
  }

  /** For a page about a failure, which whoever is unknown sees as well. @throws whatever the database says */
  async ofFailure(request: PageRequest): Promise<Visitor> {
    const browser = await this.recognise(request, request.network, 'ask').catch(ifTooMany);
    return browser ? this.#signedIn(browser, await this.#waitingFor(browser)) : NOBODY;
  }

  /** The same where nothing may be asked any more: only what was known when it failed. */
  asKnown({ browser }: PageRequest): Visitor {
    return browser ? this.#signedIn(browser, 0) : NOBODY;
  }

  #signedIn({ account, session }: SignedInBrowser, invitations: number): Visitor {
    return {
      userName: account.userName,
      invitations,
      formToken: () => this.formTokens.of(session.id),
    };
  }

  async #waitingFor({ account }: SignedInBrowser): Promise<number> {
    return (await this.links.waitingFor(account.id)).length;
  }

  /** A browser that is not signed in is told apart by a random cookie, which gives no right but to send our forms. */
  #strangersKey(request: FastifyRequest, reply: FastifyReply): string {
    const name = cookieName('form', this.config);
    const known = cookieIn(request.headers.cookie, name);
    if (/^[0-9a-f]{32}$/.test(known)) return known;
    const fresh = this.random.hex(16);
    void reply.header('Set-Cookie', setCookie(name, fresh));
    return fresh;
  }
}

/** Strangers have used up what their network may ask: whoever it is, is not known. */
function ifTooMany(error: unknown): undefined {
  if (error instanceof DomainError && error.kind === 'rate-limited') return undefined;
  throw error;
}
