import type { ErrorAnswer, ErrorPresenter } from '../../platform/http/error-filter.js';

/** Health checks read JSON. */
export const opsErrors: ErrorPresenter = {
  prefix: '/health',
  present(failure): ErrorAnswer {
    const status = failure.cause === 'transport' ? failure.status : 503;
    const body = JSON.stringify({ status: 'unavailable' });
    return { status, contentType: 'application/json; charset=utf-8', body };
  },
  // Only for what is no health check: those are never refused.
  busy: () => ({
    status: 503,
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify({ status: 'unavailable' }),
  }),
};
