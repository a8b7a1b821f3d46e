import type { ErrorKind } from '../../../shared/domain-error.js';

/** One way in which a request can fail, as it is written down for developers. */
export interface ProblemKind {
  readonly status: number;
  /** The same for every occurrence (RFC 9457, 3.1.3). */
  readonly title: string;
  /** When it happens and what the app should do. */
  readonly advice: string;
  /** A page of the broker where the person can settle it. */
  readonly page?: string;
}

/** Every code that `/api/v1` answers. Codes are stable: add, never rename. */
export const PROBLEMS = {
  'malformed-request': {
    status: 400,
    title: 'The request is malformed',
    advice: 'The HTTP request itself cannot be read. A fault of the app.',
  },
  'invalid-request': {
    status: 400,
    title: 'A part of the request is wrong',
    advice:
      'A parameter, a header or a field of the body is unknown, missing or not as documented; `errors` names each. A fault of the app.',
  },
  'invalid-body': {
    status: 400,
    title: 'The body cannot be read',
    advice:
      'The body is no JSON object in UTF-8, names a field twice or is nested too deeply. A fault of the app.',
  },
  'token-missing': {
    status: 401,
    title: 'An access token is needed',
    advice: 'Send `Authorization: Bearer` with an access token. No other credential counts here.',
  },
  'token-invalid': {
    status: 401,
    title: 'The access token is not valid',
    advice:
      'It is malformed, expired, of another issuer, or its sign-in has ended. Use the refresh token once; if that fails, sign in again.',
  },
  'https-needed': {
    status: 403,
    title: 'Only https is served here',
    advice: 'Use the https address of the broker.',
  },
  'scope-missing': {
    status: 403,
    title: 'The access token does not allow this',
    advice: 'Ask the person for the scope that `WWW-Authenticate` names.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here',
    advice: 'No such path. A fault of the app.',
  },
  'link-unknown': {
    status: 404,
    title: 'There is no such link',
    advice:
      'The link or invitation was answered, ended, withdrawn, has lapsed, or belongs to somebody else. Read the list again.',
  },
  'sign-in-unknown': {
    status: 404,
    title: 'There is no such sign-in',
    advice: 'It has ended, or belongs to somebody else. Read the list again.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This method is not possible here',
    advice: '`Allow` names the methods that are. A fault of the app.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    advice: 'Try again.',
  },
  'server-linked-already': {
    status: 409,
    title: 'Another entry of this server is linked already',
    advice:
      'The server was set up anew, or somebody pretends to be it. Only the person can decide to replace the old link, on the page that `page` names.',
    page: '/invitations',
  },
  conflict: {
    status: 409,
    title: 'The state of things forbids this',
    advice: 'Read again what you wanted to change.',
  },
  gone: {
    status: 410,
    title: 'This is over',
    advice: 'What was asked for existed once. Forget it.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    advice: 'No request of this API needs more than 16 KiB. A fault of the app.',
  },
  'url-too-long': {
    status: 414,
    title: 'The URL is too long',
    advice: 'No request of this API needs more than 2 KiB. A fault of the app.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Bodies are application/json',
    advice: 'Send `Content-Type: application/json`, not compressed. A fault of the app.',
  },
  'unknown-name': {
    status: 421,
    title: 'This broker does not go by that name',
    advice: 'Use the address that the discovery document names.',
  },
  'too-many': {
    status: 429,
    title: 'Too many requests',
    advice: 'Wait as long as `Retry-After` says.',
  },
  'too-many-listeners': {
    status: 429,
    title: 'Too many event streams and long polls',
    advice: 'This account has too many open. Close one, or wait as long as `Retry-After` says.',
  },
  refused: {
    status: 403,
    title: 'This is not yours to do',
    advice: 'The token is good, the act is not possible for an app.',
  },
  'listeners-full': {
    status: 503,
    title: 'No room for another listener',
    advice: 'Read the list without waiting, and wait as long as `Retry-After` says before listening again.',
  },
  'storage-full': {
    status: 507,
    title: 'The broker has no room left',
    advice:
      'Nothing can be changed until the operator makes room; reading and signing in work. Wait as long as `Retry-After` says.',
  },
  unavailable: {
    status: 503,
    title: 'The broker is in trouble',
    advice:
      'The request may be fine. Keep what you have, above all the list of servers, and wait as long as `Retry-After` says.',
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What a refusal is called whose own code is not for the outside. */
export const OF_KIND: Readonly<Record<ErrorKind, ProblemCode>> = {
  invalid: 'invalid-request',
  unauthenticated: 'token-invalid',
  forbidden: 'refused',
  'not-found': 'not-found',
  conflict: 'conflict',
  gone: 'gone',
  'rate-limited': 'too-many',
  unavailable: 'unavailable',
};

/** What the server says before any of our code runs. */
const OF_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed-request',
  403: 'https-needed',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'body-too-large',
  414: 'url-too-long',
  415: 'unsupported-media-type',
  421: 'unknown-name',
};

export function problemOfStatus(status: number): ProblemCode {
  return OF_STATUS[status] ?? 'malformed-request';
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
