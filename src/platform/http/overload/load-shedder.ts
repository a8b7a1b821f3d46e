import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Config } from '../../../config/index.js';
import { SECOND } from '../../../shared/clock.js';
import { Log } from '../../logging/log.js';
import { presenterOf, type ErrorAnswer, type ErrorPresenter } from '../error-filter.js';
import { COMMON_HEADERS } from '../fastify.js';
import { countOverloaded } from '../http-metrics.js';
import { Readiness } from '../readiness.js';
import { standBefore, type Serve } from '../stand-before.js';
import type { Priority } from './priority.js';
import type { PriorityTable, Worth } from './priority-table.js';
import { Stopwatch } from './stopwatch.js';
import { Turns } from './turns.js';
import { WaitingLine } from './waiting-line.js';

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
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly worth: Worth;
  readonly since: number;
}

/**
 * Takes requests up turn by turn, the most important first, and refuses those that have waited for too long, before they
 * have cost anything else. Every refusal is 503 with the time to come back: nobody is told that something does not
 * exist (product rule 3).
 *
 * Work elsewhere (hashes, the database) has lines with bounds of its own.
 */
@Injectable()
export class LoadShedder {
  readonly #line: WaitingLine<Call>;
  readonly #refused = new Map<Priority, number>();
  #refusedAt = -Infinity;
  #toldAt = -Infinity;
  #turn = 0;
  #turns: Turns | undefined;

  constructor(
    private readonly config: Config,
    private readonly readiness: Readiness,
    private readonly log: Log,
    private readonly stopwatch: Stopwatch,
  ) {
    this.#line = new WaitingLine(config.overloadDelay);
    readiness.mention('overloaded', () => this.stopwatch.now() - this.#refusedAt < RECENTLY_MS);
  }

  /** Whether a request that comes now is taken up without waiting. */
  get hasRoom(): boolean {
    return this.#turns === undefined || (this.#turns.hasRoom() && this.#line.length === 0);
  }

  /** Stands before whatever answers requests of this server now. */
  addTo(server: Server, table: PriorityTable, presenters: readonly ErrorPresenter[]): void {
    if (this.config.overloadDelay === 0) return;
    standBefore(server, (serve) => this.#inTurn(server, serve, table, presenters));
  }

  #inTurn(server: Server, serve: Serve, table: PriorityTable, presenters: readonly ErrorPresenter[]): Serve {
    const line = this.#line;
    const turns = (this.#turns = new Turns(this.stopwatch, {
      get length() {
        return line.length;
      },
      begin: (now) => this.#refuseAll(line.takeOverdue(now, true), now, presenters),
      next: () => this.#serveNext(serve),
      end: (now) => this.#refuseAll(line.takeOverdue(now), now, presenters),
    }));
    server.on('connection', () => turns.connected());
    return (request, response) => {
      if (this.hasRoom) {
        serve(request, response);
        return;
      }
      const worth = table.of(request.method ?? '', request.url ?? '');
      const since = this.stopwatch.now();
      const call = { request, response, worth, since };
      if (line.add(call, worth.priority, since)) turns.wanted();
      else this.#refuse(call, since, presenters);
    };
  }

  #serveNext(serve: Serve): void {
    const call = this.#line.take();
    // Who has gone meanwhile needs no answer.
    if (call && !call.response.destroyed) serve(call.request, call.response);
  }

  #refuseAll(calls: readonly Call[], now: number, presenters: readonly ErrorPresenter[]): void {
    for (const call of calls) this.#refuse(call, now, presenters);
    this.#tell(now);
  }

  #refuse(
    { request, response, worth, since }: Call,
    now: number,
    presenters: readonly ErrorPresenter[],
  ): void {
    this.#refusedAt = now;
    this.#refused.set(worth.priority, (this.#refused.get(worth.priority) ?? 0) + 1);
    countOverloaded(request.method ?? '', worth.route, (now - since) / SECOND);
    const requestId = randomUUID();
    const { status, contentType, body, headers } = busyAnswer(request, presenters, requestId);
    const head = [
      ...COMMON_HEAD,
      'Content-Type',
      contentType,
      'Content-Length',
      `${Buffer.byteLength(body)}`,
    ];
    for (const name in headers) head.push(name, headers[name] ?? '');
    head.push('Retry-After', `${this.#comeBack()}`, 'X-Request-Id', requestId);
    if (this.readiness.draining) head.push('Connection', 'close');
    response.writeHead(status, head).end(request.method === 'HEAD' ? undefined : body);
  }

  /** From half to one and a half times the mean, in turn: chance would cost as much as the rest of a refusal. */
  #comeBack(): number {
    this.#turn = (this.#turn + 1) % COME_BACK_SECONDS;
    return Math.ceil(COME_BACK_SECONDS / 2) + ((this.#turn * STRIDE) % COME_BACK_SECONDS);
  }

  #tell(now: number): void {
    if (this.#refused.size === 0 || now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    const refused = Object.fromEntries(this.#refused);
    this.#refused.clear();
    this.log.warn({ refused, waiting: this.#line.length }, 'overloaded: requests were refused');
  }
}

function busyAnswer(
  { url = '' }: IncomingMessage,
  presenters: readonly ErrorPresenter[],
  requestId: string,
): ErrorAnswer {
  const mark = url.indexOf('?');
  const path = (mark < 0 ? url : url.slice(0, mark)).toLowerCase();
  return presenterOf(presenters, path).busy(path, requestId);
}
