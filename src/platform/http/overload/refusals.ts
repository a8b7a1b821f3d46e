import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Clock, SECOND } from '../../../shared/clock.js';
import { Log } from '../../logging/log.js';
import { wholeOf } from '../before-parser.js';
import { presenterOf, type ErrorAnswer, type ErrorPresenter } from '../error-filter.js';
import { COMMON_HEADERS } from '../fastify.js';
import { countOverloaded } from '../http-metrics.js';
import { NodeFields } from '../node-fields.js';
import { Readiness } from '../readiness.js';
import { mayBeWritten, write, written, type Fields } from '../ready-answer.js';
import { sendTogether } from '../sent-together.js';
import { earlyIdOf } from '../request-context.js';
import { tellTrouble } from '../trouble.js';
import type { BriefRequest } from '../whole-request.js';
import type { Priority } from './priority.js';
import { NOBODYS_ROUTE, type Worth } from './priority-table.js';
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

/** Stands in words that are made once, where the id of each request will. */
const SOME_ID = randomUUID();

/** What callers of one route are told, made once. */
class Words {
  readonly status: number;
  readonly fields: Fields;
  /** The same, and the line before it, as they stand in a head. */
  readonly head: string;
  readonly #body: string;
  /** Null where each is told the id of their request. */
  readonly #bytes: Buffer | null;

  constructor({ status, contentType, body, headers = {} }: ErrorAnswer) {
    const bytes = Buffer.from(body);
    const own = ['Content-Type', contentType, 'Content-Length', `${bytes.length}`];
    this.status = status;
    this.fields = [...COMMON_HEAD, ...own, ...Object.entries(headers).flat()];
    this.head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${written(this.fields)}`;
    this.#body = body;
    this.#bytes = body.includes(SOME_ID) ? null : bytes;
  }

  bytesFor(requestId: string): Buffer {
    return this.#bytes ?? Buffer.from(this.#body.replaceAll(SOME_ID, requestId));
  }
}

/** What one caller is told. */
interface Refusal {
  readonly words: Words;
  readonly bytes: Buffer;
  /** What differs each time. */
  readonly fields: Fields;
}

/**
 * Refuses requests that the framework has not seen: 503 in the form of their edge, with the time to come back. Under
 * overload most of what the broker does is this, so it is written in one piece.
 */
@Injectable()
export class Refusals {
  readonly #counts = new Map<Priority, number>();
  /** By route. */
  readonly #words = new Map<string, Words>();
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

  refuse(call: Call, now: number): void {
    const { request, response, worth, since } = call;
    this.#count(request, worth, now - since, now);
    this.#send(request, response, this.#refusalOf(request, worth, this.leave(call)));
  }

  /**
   * What was begun for a request (`ReadyAnswers`) goes on though nobody will be told of it: if it fails, operators are.
   *
   * @returns the id of the request
   */
  leave({ request, worth: { route } }: Call): string {
    const requestId = earlyIdOf(request) ?? randomUUID();
    const answer = wholeOf(request)?.begun?.answer;
    if (answer instanceof Promise)
      answer.catch((error: unknown) => tellTrouble(this.log, { requestId, route }, error));
    return requestId;
  }

  /** One that did not wait and that nothing was made of, on a connection that `isFree` and stays open. */
  refuseAtOnce(request: BriefRequest, worth: Worth, now: number): void {
    this.#count(request, worth, 0, now);
    const refusal = this.#refusalOf(request, worth);
    sendTogether(request.socket, this.#headOf(refusal), refusal.bytes);
  }

  #count({ method = '' }: BriefRequest, { priority, route }: Worth, waitedMs: number, now: number): void {
    this.#refusedAt = now;
    this.#counts.set(priority, (this.#counts.get(priority) ?? 0) + 1);
    countOverloaded(method, route, waitedMs / SECOND);
  }

  #refusalOf(request: BriefRequest, { route }: Worth, requestId: string = randomUUID()): Refusal {
    const words = this.#wordsFor(route, request.url ?? '');
    const fields = ['Retry-After', `${this.#comeBack()}`, 'X-Request-Id', requestId];
    return { words, bytes: words.bytesFor(requestId), fields };
  }

  #wordsFor(route: string, url: string): Words {
    const known = this.#words.get(route);
    if (known !== undefined) return known;
    // Of what no route takes there is no end.
    if (route === NOBODYS_ROUTE) return new Words(busyAnswer(url, this.#presenters));
    const words = new Words(busyAnswer(route, this.#presenters));
    this.#words.set(route, words);
    return words;
  }

  #headOf({ words, fields }: Refusal): string {
    return words.head + written(fields) + this.#nodeFields.text;
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
    const { words, fields } = refusal;
    const end = draining ? ['Connection', 'close'] : [];
    response.writeHead(words.status, [...words.fields, ...fields, ...end]).end(body ?? undefined);
  }

  /** From half to one and a half times the mean, in turn: chance would cost as much as the rest of a refusal. */
  #comeBack(): number {
    this.#turn = (this.#turn + 1) % COME_BACK_SECONDS;
    return Math.ceil(COME_BACK_SECONDS / 2) + ((this.#turn * STRIDE) % COME_BACK_SECONDS);
  }
}

function busyAnswer(url: string, presenters: readonly ErrorPresenter[]): ErrorAnswer {
  const mark = url.indexOf('?');
  const path = (mark < 0 ? url : url.slice(0, mark)).toLowerCase();
  return presenterOf(presenters, path).busy(path, SOME_ID);
}
