import type { ErrorAnswer, ErrorPresenter } from '../../platform/http/error-filter.js';
import type { Failure } from '../../platform/http/failure.js';
import { pageErrors } from '../pages/page-errors.js';
import { STATUS } from '../pages/problem.js';

/** Where people come with a browser. */
const PAGES = /^\/oidc\/(?:authorize|end-session)(?:\/|$)/;

/** Failures before the authorization server was asked, in its words (RFC 6749, 5.2). */
export const oidcErrors: ErrorPresenter = {
  prefix: '/oidc',
  present(failure, path): ErrorAnswer {
    if (PAGES.test(path)) return pageErrors.present(failure, path);
    const status = statusOf(failure);
    const isLater = status === 429 || status >= 500;
    const error = isLater ? 'temporarily_unavailable' : 'invalid_request';
    return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify({ error }) };
  },
};

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
