import type { ErrorAnswer, ErrorPresenter } from '../../platform/http/error-filter.js';

export const pageErrors: ErrorPresenter = {
  prefix: '',
  present(failure): ErrorAnswer {
    const status = failure.cause === 'transport' ? failure.status : 503;
    return { status, contentType: 'text/html; charset=utf-8', body: '' };
  },
};
