import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { HTML, NOBODY, renderPage, type Page } from './html.js';
import { Visitors, type PageRequest } from './visitors.service.js';

/** Puts a page on the wire: status, headers, HTML for whoever asked. */
@Injectable()
export class PageInterceptor implements NestInterceptor<Page, string> {
  constructor(private readonly visitors: Visitors) {}

  intercept(context: ExecutionContext, next: CallHandler<Page>): Observable<string> {
    const http = context.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap(async (page) => {
        const isShown = page.content !== null;
        const request = http.getRequest<PageRequest>();
        const visitor = isShown ? await this.visitors.of(request, reply) : NOBODY;
        if (page.formTarget !== undefined) request.formTarget = page.formTarget;
        reply
          .status(page.status)
          .header('Content-Type', HTML)
          .headers({ ...page.headers });
        return renderPage(page, visitor);
      }),
    );
  }
}
