import type { ErrorAnswer, ErrorPresenter } from '../../platform/http/error-filter.js';
import type { Failure } from '../../platform/http/failure.js';
import type { DomainError } from '../../shared/domain-error.js';
import { HTML, page, renderPage } from './html.js';
import { STATUS } from './problem.js';
import { ErrorPage, type ErrorFacts } from './templates/error.js';

/** Failures as pages: plain words and a way on. `pages.module` adds the headers that every page has. */
export const pageErrors: ErrorPresenter = {
  prefix: '',
  present(failure): ErrorAnswer {
    const facts = factsOf(failure);
    return { status: facts.status, contentType: HTML, body: renderPage(page(ErrorPage, facts)) };
  },
};

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
