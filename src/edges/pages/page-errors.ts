import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import type { ErrorAnswer, ErrorPresenter } from '../../platform/http/error-filter.js';
import type { Failure } from '../../platform/http/failure.js';
import { Log } from '../../platform/logging/log.js';
import type { DomainError } from '../../shared/domain-error.js';
import { HTML, NOBODY, page, pageHeaders, renderPage, type Visitor } from './html.js';
import { STATUS } from './problem.js';
import { ErrorPage, type ErrorFacts } from './templates/error.js';
import { Visitors, type PageRequest } from './visitors.service.js';

/** Failures as pages: plain words and a way on. `pages.module` adds the headers that every page has. */
@Injectable()
export class PageErrors implements ErrorPresenter {
  readonly prefix = '';
  #busy: ErrorAnswer | undefined;

  constructor(
    private readonly visitors: Visitors,
    private readonly log: Log,
    private readonly config: Config,
  ) {}

  async present(failure: Failure, _path: string, request: PageRequest): Promise<ErrorAnswer> {
    const facts = factsOf(failure);
    const visitor = await this.#visitorOf(request, facts);
    return { status: facts.status, contentType: HTML, body: renderPage(page(ErrorPage, facts), visitor) };
  }

  /** Made once: nobody is recognised. */
  busy(): ErrorAnswer {
    return (this.#busy ??= {
      status: 503,
      contentType: HTML,
      body: renderPage(page(ErrorPage, { status: 503, code: 'overloaded' }), NOBODY),
      headers: pageHeaders(this.config),
    });
  }

  /** People keep their way around when something fails; what is in trouble is not asked for more. */
  async #visitorOf(request: PageRequest, { status }: ErrorFacts): Promise<Visitor> {
    if (status >= 500) return this.visitors.asKnown(request);
    try {
      return await this.visitors.ofFailure(request);
    } catch (error) {
      this.log.error({ requestId: request.id, error }, 'an error page was shown without its visitor');
      return this.visitors.asKnown(request);
    }
  }
}

function factsOf(failure: Failure): ErrorFacts {
  switch (failure.cause) {
    case 'domain':
      return ofDomain(failure.error);
    case 'transport':
      return { status: failure.status, code: 'transport' };
    case 'trouble':
      return { status: 503, code: 'trouble' };
  }
}

function ofDomain({ kind, code, retryAfterSeconds }: DomainError): ErrorFacts {
  return { status: STATUS[kind], code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}
