import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Config } from '../../config/index.js';
import { Log } from '../logging/log.js';
import { admit } from './admission.js';
import type { Distribution } from '../metrics/metrics.js';
import { isUnchanged } from './etags.js';
import type { CallerClass } from './callers.js';
import { answersOf } from './http-metrics.js';
import { callerOf, COMMON_HEADERS } from './fastify.js';
import { Readiness } from './readiness.js';

/** An answer that needs nothing but to be sent. */
export interface ReadyAnswer {
  /** Strong, with its quotation marks. */
  readonly etag: string;
  /** JSON. */
  readonly body: Buffer;
}

/** One GET of an edge, for whoever is known already. */
export interface ReadyRoute {
  /** For the access log. */
  readonly path: string;
  /** Which URLs it knows; what stands in the first group, it names in the access log as a parameter. */
  readonly url: RegExp;
  /** Who may call it (S-60), for everybody to see; `answer` must see to it. */
  readonly callers: readonly CallerClass[];
  /** Of its answers, beside those of all answers. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The answer, if all of it is remembered: who calls, that they may, and what they asked for. Counts the request as the
   * last thing it does. Null, and nothing was counted, for whatever would be refused, read or explained.
   */
  answer(request: IncomingMessage, network: string): ReadyAnswer | null;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** A route with the headers of its answers as Node takes them fastest: names and values in turn. */
interface Prepared {
  readonly route: ReadyRoute;
  readonly headers: readonly string[];
  readonly full: Distribution;
  readonly unchanged: Distribution;
}

/**
 * Answers where everything is remembered, given before the framework sees the request: its routing and hooks cost more
 * than the answer (P-1). It says yes only: whatever is not ready goes on to the framework, which answers the same.
 */
@Injectable()
export class ReadyAnswers {
  readonly #routes: Prepared[] = [];

  constructor(
    private readonly readiness: Readiness,
    private readonly log: Log,
    private readonly config: Config,
  ) {}

  add(route: ReadyRoute): void {
    this.#routes.push({
      route,
      headers: Object.entries({ ...route.headers, ...COMMON_HEADERS }).flat(),
      full: answersOf(route.path, '2xx'),
      unchanged: answersOf(route.path, '3xx'),
    });
  }

  get routes(): readonly ReadyRoute[] {
    return this.#routes.map(({ route }) => route);
  }

  /** Once the framework listens to the server. */
  standBefore(server: Server): void {
    const framework = server.listeners('request') as ((...given: unknown[]) => void)[];
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.#answers(request, response)) return;
      for (const listener of framework) listener.call(server, request, response);
    });
  }

  #answers(request: IncomingMessage, response: ServerResponse): boolean {
    const since = performance.now();
    const prepared = this.#routeOf(request);
    if (prepared === undefined || !this.#isAdmitted(request)) return false;
    const { network } = callerOf(request, this.config);
    const answer = prepared.route.answer(request, network);
    if (answer === null) return false;
    const requestId = randomUUID();
    const status = isUnchanged(request.headers['if-none-match'], answer.etag) ? 304 : 200;
    send(response, status, answer, [...prepared.headers, 'X-Request-Id', requestId, 'ETag', answer.etag]);
    const elapsed = performance.now() - since;
    (status === 304 ? prepared.unchanged : prepared.full).observe(elapsed / 1_000);
    if (this.log.isLevelEnabled('info')) {
      const ms = Math.round(elapsed * 10) / 10;
      this.#log(request, prepared.route, { requestId, status, ms, network });
    }
    return true;
  }

  #routeOf({ method, url = '', headers }: IncomingMessage): Prepared | undefined {
    if (method !== 'GET' || this.readiness.draining) return undefined;
    const prepared = this.#routes.find(({ route }) => route.url.test(url));
    return prepared && !hasBody(headers) ? prepared : undefined;
  }

  #isAdmitted(request: IncomingMessage): boolean {
    try {
      admit(request, this.config);
      return true;
    } catch {
      // The framework refuses it once more, and tells why.
      return false;
    }
  }

  /** The line that the framework's requests write too. */
  #log(request: IncomingMessage, { path, url }: ReadyRoute, done: LoggedAnswer): void {
    const parameter = url.exec(request.url ?? '')?.[1];
    const parameters = parameter === undefined ? {} : { parameters: [parameter] };
    const { requestId, status, ms, network } = done;
    this.log.info({ requestId, method: 'GET', path, ...parameters, status, ms, network }, 'request');
  }
}

interface LoggedAnswer {
  readonly requestId: string;
  readonly status: number;
  readonly ms: number;
  readonly network: string;
}

/** Whether something comes behind the head. A GET with a body is read by the framework. */
export function hasBody(headers: IncomingMessage['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function send(response: ServerResponse, status: number, { body }: ReadyAnswer, head: string[]): void {
  if (status === 304) {
    response.writeHead(304, head).end();
    return;
  }
  head.push('Content-Type', JSON_TYPE, 'Content-Length', String(body.length));
  response.writeHead(200, head).end(body);
}
