import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Config } from '../../../config/index.js';
import { Random, spread } from '../../../shared/random.js';
import { Log } from '../../logging/log.js';
import type { ErrorAnswer, ErrorPresenter } from '../error-filter.js';
import { presenterOf } from '../error-filter.js';
import { COMMON_HEADERS } from '../fastify.js';
import { Readiness } from '../readiness.js';
import { Pressure } from './pressure.js';
import type { Priority } from './priority.js';
import type { PriorityTable } from './priority-table.js';

/** How finely the delay of the event loop is looked at, and how often something is made of it. */
const RESOLUTION_MS = 10;
const STEP_MS = 100;
/** Requests a second. Fewer are not why the loop is late (a busy machine, a pause of its disk), and refusing them mends nothing. */
const LOAD_FROM = 20;
/** One line of the log for all that was refused meanwhile. */
const TELL_MS = 5_000;
/** Mean of when to come back, in seconds: longer than the ten seconds in which the pressure falls to nothing. */
const COME_BACK_SECONDS = 15;

/**
 * Refuses requests when there are more than the broker can serve, the least important first, before they have cost
 * anything. Every refusal is 503 with the time to come back: nobody is told that something does not exist
 * (product rule 3).
 *
 * What is measured is how late the event loop runs. It is where requests queue: those that have arrived are taken up turn
 * by turn, and a turn is as long as what it has to do. Work elsewhere (hashes, the database) has queues with bounds of
 * its own.
 */
@Injectable()
export class LoadShedder implements OnApplicationShutdown {
  readonly #pressure: Pressure;
  readonly #refused = new Map<Priority, number>();
  #delays: IntervalHistogram | undefined;
  #steps: NodeJS.Timeout | undefined;
  #steppedAt = performance.now();
  #toldAt = 0;
  #arrived = 0;

  constructor(
    private readonly config: Config,
    private readonly readiness: Readiness,
    private readonly random: Random,
    private readonly log: Log,
  ) {
    this.#pressure = new Pressure(Math.max(1, config.overloadDelay));
    readiness.mention('overloaded', () => this.isShedding);
  }

  /** Some requests are being refused. */
  get isShedding(): boolean {
    return this.#pressure.level > 0;
  }

  /** Stands before whatever answers requests of this server now. */
  addTo(server: Server, table: PriorityTable, presenters: readonly ErrorPresenter[]): void {
    const rest = server.listeners('request') as ((...given: unknown[]) => void)[];
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#arrived += 1;
      if (this.#pressure.level > 0) {
        const priority = table.of(request.method ?? '', request.url ?? '');
        if (!this.#pressure.admits(priority)) {
          this.#refuse(request, response, priority, presenters);
          return;
        }
      }
      for (const listener of rest) listener.call(server, request, response);
    });
    if (this.config.overloadDelay > 0) this.#watch();
  }

  /** Takes note of the longest that anything waited in the last `seconds`. */
  observe(delayMs: number, seconds: number): void {
    this.#pressure.observe(delayMs, seconds);
    this.#tell(delayMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#steps);
    this.#delays?.disable();
  }

  #watch(): void {
    const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    this.#delays = delays;
    this.#steps = setInterval(() => {
      const now = performance.now();
      const sinceMs = now - this.#steppedAt;
      // What the histogram counts includes the pause it makes itself, and in a turn that is long it has counted nothing
      // yet: then this step is late itself.
      const delayMs = Math.max(0, delays.max / 1e6 - RESOLUTION_MS, sinceMs - STEP_MS);
      this.observe(this.#arrived * 1_000 < LOAD_FROM * sinceMs ? 0 : delayMs, sinceMs / 1_000);
      this.#arrived = 0;
      this.#steppedAt = now;
      delays.reset();
    }, STEP_MS).unref();
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    priority: Priority,
    presenters: readonly ErrorPresenter[],
  ): void {
    this.#refused.set(priority, (this.#refused.get(priority) ?? 0) + 1);
    const requestId = randomUUID();
    const { status, contentType, body, headers } = busyAnswer(request, presenters, requestId);
    response
      .writeHead(status, {
        ...COMMON_HEADERS,
        ...headers,
        'Content-Type': contentType,
        'Content-Length': Buffer.byteLength(body),
        'Retry-After': spread(this.random, COME_BACK_SECONDS),
        'X-Request-Id': requestId,
        ...(this.readiness.draining ? { Connection: 'close' } : {}),
      })
      .end(request.method === 'HEAD' ? undefined : body);
  }

  #tell(delayMs: number): void {
    const now = performance.now();
    if (this.#refused.size === 0 || now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    const refused = Object.fromEntries(this.#refused);
    this.#refused.clear();
    const level = Math.round(this.#pressure.level * 100) / 100;
    this.log.warn({ refused, level, delayMs: Math.round(delayMs) }, 'overloaded: requests were refused');
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
