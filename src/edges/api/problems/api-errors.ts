import type { Config } from '../../../config/index.js';
import type { ErrorAnswer, ErrorPresenter } from '../../../platform/http/error-filter.js';
import { BUSY, type Failure } from '../../../platform/http/failure.js';
import { currentRequest } from '../../../platform/http/request-context.js';
import type { DomainError } from '../../../shared/domain-error.js';
import { API_OPEN_HEADERS } from '../cors.js';
import { allowedMethods } from './allowed-methods.js';
import {
  isProblemCode,
  OF_KIND,
  PROBLEMS,
  problemOfStatus,
  type ProblemCode,
  type ProblemKind,
} from './problem-list.js';
import { RequestFaults, ScopeMissing } from './refusals.js';

interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly more?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Failures as RFC 9457 problems. No stack, SQL, path or version in them (S-84). */
export function apiErrors({ publicUrl }: Pick<Config, 'publicUrl'>): ErrorPresenter {
  return {
    prefix: '/api',
    present: (failure, path) => asProblem(problemOf(failure, path), publicUrl, currentRequest().requestId),
    busy(path, requestId) {
      const answer = asProblem(problemOf(BUSY, path), publicUrl, requestId);
      return { ...answer, headers: API_OPEN_HEADERS };
    },
  };
}

/** @param requestId the answer's X-Request-Id, which the operator finds in the log */
function asProblem(
  { code, detail, more, headers = {} }: Problem,
  publicUrl: string,
  requestId: string,
): ErrorAnswer {
  const { status, title, page }: ProblemKind = PROBLEMS[code];
  const body = {
    type: problemType(publicUrl, code),
    title,
    status,
    detail,
    code,
    instance: `urn:uuid:${requestId}`,
    ...more,
    ...(page === undefined ? {} : { page: publicUrl + page }),
  };
  const contentType = 'application/problem+json; charset=utf-8';
  return { status, contentType, body: JSON.stringify(body), headers };
}

/** Leads to the sentence about it in the reference. */
function problemType(publicUrl: string, code: ProblemCode): string {
  return `${publicUrl}/api/v1/docs#${code}`;
}

function problemOf(failure: Failure, path: string): Problem {
  switch (failure.cause) {
    case 'domain':
      return ofDomain(failure.error);
    case 'transport':
      return ofTransport(failure.status, failure.message, path);
    case 'trouble':
      return { code: 'unavailable', detail: 'The broker is in trouble. Try again later.' };
  }
}

function ofDomain(error: DomainError): Problem {
  const code = isProblemCode(error.code) ? error.code : OF_KIND[error.kind];
  return { code, detail: error.message, ...faultsOf(error), headers: challengeOf(error) };
}

function faultsOf(error: DomainError): Pick<Problem, 'more'> {
  if (error instanceof RequestFaults) return { more: { errors: error.faults } };
  if (error.field === undefined) return {};
  return { more: { errors: [{ pointer: `/${error.field}`, detail: error.message }] } };
}

/** How to ask again with a credential that works (RFC 6750, 3). */
function challengeOf(error: DomainError): Record<string, string> {
  if (error instanceof ScopeMissing) {
    return challenge(`, error="insufficient_scope", scope="${error.scopes.join(' ')}"`);
  }
  if (error.kind !== 'unauthenticated') return {};
  return challenge(error.code === 'token-missing' ? '' : ', error="invalid_token"');
}

function challenge(rest: string): Record<string, string> {
  return { 'WWW-Authenticate': `Bearer realm="signpost"${rest}` };
}

function ofTransport(status: number, message: string, path: string): Problem {
  const methods = status === 404 ? allowedMethods(path) : [];
  if (methods.length === 0) return { code: problemOfStatus(status), detail: message };
  const headers = { Allow: methods.join(', ') };
  return { code: 'method-not-allowed', detail: 'This method is not possible here.', headers };
}
