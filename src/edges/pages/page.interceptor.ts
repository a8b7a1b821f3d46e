import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { Config } from '../../config/index.js';
import { LinksService } from '../../features/links/index.js';
import { Random } from '../../shared/random.js';
import type { PageRequest } from './browser.guard.js';
import { cookieIn, cookieName, setCookie } from './cookies.js';
import { FormTokens } from './form-tokens.js';
import { HTML, renderPage, type Page, type Visitor } from './html.js';

/** Puts a page on the wire: status, headers, HTML for whoever asked. */
@Injectable()
export class PageInterceptor implements NestInterceptor<Page, string> {
  constructor(
    private readonly formTokens: FormTokens,
    private readonly links: LinksService,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<Page>): Observable<string> {
    const http = context.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap(async (page) => {
        const request = http.getRequest<PageRequest>();
        const visitor = await this.#visitorOf(request, reply, page);
        if (page.formTarget !== undefined) request.formTarget = page.formTarget;
        reply
          .status(page.status)
          .header('Content-Type', HTML)
          .headers({ ...page.headers });
        return renderPage(page, visitor);
      }),
    );
  }

  async #visitorOf(request: PageRequest, reply: FastifyReply, { content }: Page): Promise<Visitor> {
    const { browser } = request;
    const key = (): string => browser?.session.id ?? this.#strangersKey(request, reply);
    const isShown = browser !== undefined && content !== null;
    const waiting = isShown ? await this.links.waitingFor(browser.account.id) : [];
    return {
      userName: browser?.account.userName ?? null,
      invitations: waiting.length,
      formToken: () => this.formTokens.of(key()),
    };
  }

  /** A browser that is not signed in is told apart by a random cookie, which gives no right but to send our forms. */
  #strangersKey(request: PageRequest, reply: FastifyReply): string {
    const name = cookieName('form', this.config);
    const known = cookieIn(request.headers.cookie, name);
    if (/^[0-9a-f]{32}$/.test(known)) return known;
    const fresh = this.random.hex(16);
    void reply.header('Set-Cookie', setCookie(name, fresh));
    return fresh;
  }
}
