import type { DomainError, ErrorKind } from '../../shared/domain-error.js';
import type { ErrorAnswer, ErrorPresenter } from '../../platform/http/error-filter.js';
import { BUSY, type Failure } from '../../platform/http/failure.js';
import { OPEN_HEADERS } from './cors.js';

/** A media server takes 401 and 404 as "unregister": only the kinds that follow a successful read map there. */
const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  'rate-limited': 429,
  unavailable: 503,
};

/** The words that sign-up forms know (E9); anything else they show as a plain failure. */
const SIGN_UP_STATUS: Readonly<Record<string, string>> = { 'user-name-taken': 'USERNAME_IN_USE' };

/** Failures on the wire: always JSON (Q11), all internal trouble 503 (product rule 3). */
export const connectErrors: ErrorPresenter = {
  prefix: '/service',
  present: answerTo,
  busy: (path) => ({ ...answerTo(BUSY, path), headers: OPEN_HEADERS }),
};

function answerTo(failure: Failure, path: string): ErrorAnswer {
  const { status, message, code } = describe(failure);
  const isSignUp = /^\/service\/register\/?$/.test(path);
  const body = isSignUp
    ? { Status: SIGN_UP_STATUS[code] ?? 'FAILURE', Message: message, message }
    : { message };
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

function describe(failure: Failure): { status: number; message: string; code: string } {
  switch (failure.cause) {
    case 'domain':
      return ofDomain(failure.error);
    case 'transport':
      return { status: failure.status, message: failure.message, code: 'transport' };
    case 'trouble':
      return { status: 503, message: 'The broker is in trouble. Try again later.', code: 'trouble' };
  }
}

function ofDomain({ kind, message, code }: DomainError): { status: number; message: string; code: string } {
  return { status: STATUS[kind], message, code };
}
