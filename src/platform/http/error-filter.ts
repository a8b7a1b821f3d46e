import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { spread, type Random } from '../../shared/random.js';
import type { Log } from '../logging/log.js';
import { failureOf, type Failure } from './failure.js';
import { countFailure, routeOf } from './http-metrics.js';
import { tellTrouble } from './trouble.js';

/** Statuses that mean: not now. */
const COME_BACK = new Set([429, 503, 507]);

/** Mean of when to come back, in seconds, where nobody knows better. */
const COME_BACK_SECONDS = 4;

/** An answer to a request that failed. */
export interface ErrorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How one edge tells failures to its callers. */
export interface ErrorPresenter {
  /** Lower-case path prefix of the edge, e.g. `/service`; '' takes what no other edge takes. */
  readonly prefix: string;
  /** Must not reject: nobody stands behind it. */
  present(failure: Failure, path: string, request: FastifyRequest): ErrorAnswer | Promise<ErrorAnswer>;
  /** What a request is told that is refused unread because of overload; quickly, and with every header it needs. */
  busy(path: string, requestId: string): ErrorAnswer;
}

/** The edge that a path belongs to. */
export function presenterOf(presenters: readonly ErrorPresenter[], path: string): ErrorPresenter {
  const presenter = presenters
    .filter(({ prefix }) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`))
    .reduce<ErrorPresenter | undefined>(
      (best, one) => (best === undefined || one.prefix.length > best.prefix.length ? one : best),
      undefined,
    );
  if (!presenter) throw new Error('no edge presents failures of other paths: one needs the prefix ""');
  return presenter;
}

/** Every failure of every route ends here: logged once if it is ours, put on the wire by the edge it belongs to. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly presenters: readonly ErrorPresenter[],
    private readonly log: Log,
    private readonly random: Random,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const failure = failureOf(error);
    tellTrouble(this.log, { requestId: request.id, route: routeOf(request) }, error);
    if (reply.sent) return;
    const path = pathOf(request);
    const answer = await presenterOf(this.presenters, path).present(failure, path, request);
    this.#send(answer, failure, reply);
  }

  #send(answer: ErrorAnswer, failure: Failure, reply: FastifyReply): void {
    // Somebody else may have answered while the answer was made.
    if (reply.sent) return;
    countFailure(reply.request, answer.status, failure);
    const headers = {
      ...answer.headers,
      ...this.#waiting(failure, answer.status),
      'Content-Type': answer.contentType,
    };
    // The rest of a body that is too large is not waited for (S-120).
    if (answer.status === 413) reply.header('Connection', 'close');
    void reply.status(answer.status).headers(headers).send(answer.body);
  }

  /**
   * Every 429, 503 and 507 says when to come back, so that callers do not come together: trouble hits all at once, so its time
   * is a mean to spread; each limit frees at a time of its own, which is spread where it is counted (S-26).
   */
  #waiting(failure: Failure, status: number): Record<string, string> {
    if (!COME_BACK.has(status)) return {};
    const given = failure.cause === 'domain' ? failure.error.retryAfterSeconds : undefined;
    const isExact = status === 429 && given !== undefined;
    return { 'Retry-After': String(isExact ? given : spread(this.random, given ?? COME_BACK_SECONDS)) };
  }
}

/** As the router reads it: percent-encoded letters are letters. */
function pathOf(request: FastifyRequest): string {
  const path = (request.raw.url ?? '').split('?', 1)[0] ?? '';
  try {
    return decodeURIComponent(path).toLowerCase();
  } catch {
    return path.toLowerCase();
  }
}
