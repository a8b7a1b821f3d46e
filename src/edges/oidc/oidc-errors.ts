import type { ErrorAnswer, ErrorPresenter } from '../../platform/http/error-filter.js';
import { BUSY, type Failure } from '../../platform/http/failure.js';
import type { PageErrors } from '../pages/page-errors.js';
import { STATUS } from '../pages/problem.js';

/** Where people come with a browser. */
const PAGES = /^\/oidc\/(?:authorize|end-session)(?:\/|$)/;

/** An app in a browser can only read what says so, and this tells nothing about anybody. */
const ANY_ORIGIN = { 'Access-Control-Allow-Origin': '*' };

/** Failures before the authorization server was asked, in its words (RFC 6749, 5.2), or as a page for people. */
export function oidcErrors(pages: PageErrors): ErrorPresenter {
  return {
    prefix: '/oidc',
    present: (failure, path, request) =>
      PAGES.test(path) ? pages.present(failure, path, request) : inWordsOfOauth(failure),
    busy: (path) => (PAGES.test(path) ? pages.busy() : { ...inWordsOfOauth(BUSY), headers: ANY_ORIGIN }),
  };
}

function inWordsOfOauth(failure: Failure): ErrorAnswer {
  const status = statusOf(failure);
  const isLater = status === 429 || status >= 500;
  const error = isLater ? 'temporarily_unavailable' : 'invalid_request';
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify({ error }) };
}

function statusOf(failure: Failure): number {
  switch (failure.cause) {
    case 'domain':
      return STATUS[failure.error.kind];
    case 'transport':
      return failure.status;
    case 'trouble':
      return 503;
  }
}
