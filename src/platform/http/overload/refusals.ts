import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Clock, SECOND } from '../../../shared/clock.js';
import { Log } from '../../logging/log.js';
import { presenterOf, type ErrorAnswer, type ErrorPresenter } from '../error-filter.js';
import { COMMON_HEADERS } from '../fastify.js';
import { countOverloaded } from '../http-metrics.js';
import { NodeFields } from '../node-fields.js';
import { Readiness } from '../readiness.js';
import { mayBeWritten, write, writeTo, written, type Fields } from '../ready-answer.js';
import type { BriefRequest } from '../whole-request.js';
import type { Priority } from './priority.js';
import type { Worth } from './priority-table.js';
import { Stopwatch } from './stopwatch.js';

/** One line of the log for all that was refused meanwhile. */
const TELL_MS = 5 * SECOND;

/** Mean of when to come back, in seconds: a line that stands is not gone in a moment. */
const COME_BACK_SECONDS = 15;
/** Prime to it: two in a row do not come back together. */
const STRIDE = 7;
/** Until they come back it is not over. */
const RECENTLY_MS = COME_BACK_SECONDS * SECOND;

/** As Node takes them fastest. */
const COMMON_HEAD = Object.entries(COMMON_HEADERS).flat();

/** A request of somebody who waits for their turn. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly worth: Worth;
  readonly since: number;
}

interface Refusal {
  readonly status: number;
  readonly bytes: Buffer;
  readonly fields: Fields;
}

/**
 * Refuses requests that the framework has not seen: 503 in the form of their edge, with the time to come back. Under
 * overload most of what the broker does is this, so it is written in one piece.
 */
@Injectable()
export class Refusals {
  readonly #counts = new Map<Priority, number>();
  readonly #nodeFields: NodeFields;
  #presenters: readonly ErrorPresenter[] = [];
  #refusedAt = -Infinity;
  #toldAt = -Infinity;
  #turn = 0;

  constructor(
    private readonly readiness: Readiness,
    private readonly log: Log,
    private readonly stopwatch: Stopwatch,
    clock: Clock,
  ) {
    this.#nodeFields = new NodeFields(clock);
    readiness.mention('overloaded', () => this.stopwatch.now() - this.#refusedAt < RECENTLY_MS);
  }

  /** Before the first one. */
  prepare(server: Server, presenters: readonly ErrorPresenter[]): void {
    this.#presenters = presenters;
    this.#nodeFields.of(server);
  }

  refuse({ request, response, worth, since }: Call, now: number): void {
    this.#count(request, worth, now - since, now);
    this.#send(request, response, this.#refusalOf(request));
  }

  /** One that did not wait and that nothing was made of, on a connection that `isFree` and stays open. */
  refuseAtOnce(request: BriefRequest, worth: Worth, now: number): void {
    this.#count(request, worth, 0, now);
    const refusal = this.#refusalOf(request);
    writeTo(request.socket, this.#headOf(refusal), refusal.bytes);
  }

  #count({ method = '' }: BriefRequest, { priority, route }: Worth, waitedMs: number, now: number): void {
    this.#refusedAt = now;
    this.#counts.set(priority, (this.#counts.get(priority) ?? 0) + 1);
    countOverloaded(method, route, waitedMs / SECOND);
  }

  #refusalOf(request: BriefRequest): Refusal {
    const requestId = randomUUID();
    const { status, contentType, body, headers } = busyAnswer(request, this.#presenters, requestId);
    const bytes = Buffer.from(body);
    const fields = [...COMMON_HEAD, 'Content-Type', contentType, 'Content-Length', `${bytes.length}`];
    for (const name in headers) fields.push(name, headers[name] ?? '');
    fields.push('Retry-After', `${this.#comeBack()}`, 'X-Request-Id', requestId);
    return { status, bytes, fields };
  }

  #headOf({ status, fields }: Refusal): string {
    return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${written(fields)}${this.#nodeFields.text}`;
  }

  /** Tells operators, of all at once. @param waiting how many are not refused */
  tell(now: number, waiting: number): void {
    if (this.#counts.size === 0 || now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    const refused = Object.fromEntries(this.#counts);
    this.#counts.clear();
    this.log.warn({ refused, waiting }, 'overloaded: requests were refused');
  }

  #send(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    const body = request.method === 'HEAD' ? null : refusal.bytes;
    const { draining } = this.readiness;
    if (!draining && mayBeWritten(request, response, refusal)) {
      write(response, this.#headOf(refusal), body);
      return;
    }
    const fields = draining ? [...refusal.fields, 'Connection', 'close'] : [...refusal.fields];
    response.writeHead(refusal.status, fields).end(body ?? undefined);
  }

  /** From half to one and a half times the mean, in turn: chance would cost as much as the rest of a refusal. */
  #comeBack(): number {
    this.#turn = (this.#turn + 1) % COME_BACK_SECONDS;
    return Math.ceil(COME_BACK_SECONDS / 2) + ((this.#turn * STRIDE) % COME_BACK_SECONDS);
  }
}

function busyAnswer(
  { url = '' }: BriefRequest,
  presenters: readonly ErrorPresenter[],
  requestId: string,
): ErrorAnswer {
  const mark = url.indexOf('?');
  const path = (mark < 0 ? url : url.slice(0, mark)).toLowerCase();
  return presenterOf(presenters, path).busy(path, requestId);
}
