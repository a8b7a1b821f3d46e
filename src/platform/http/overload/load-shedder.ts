import { Injectable } from '@nestjs/common';
import type { Server } from 'node:http';
import { Config } from '../../../config/index.js';
import type { ErrorPresenter } from '../error-filter.js';
import { isFree } from '../ready-answer.js';
import { standBefore, type Serve } from '../stand-before.js';
import type { BriefRequest } from '../whole-request.js';
import type { PriorityTable } from './priority-table.js';
import { Refusals, type Call } from './refusals.js';
import { Stopwatch } from './stopwatch.js';
import { Turns } from './turns.js';
import { WaitingLine } from './waiting-line.js';

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
  #turns: Turns | undefined;
  #table: PriorityTable | undefined;

  constructor(
    private readonly config: Config,
    private readonly refusals: Refusals,
    private readonly stopwatch: Stopwatch,
  ) {
    this.#line = new WaitingLine(config.overloadDelay);
  }

  /** Whether a request that comes now is taken up without waiting. */
  get hasRoom(): boolean {
    return this.#turns === undefined || (this.#turns.hasRoom() && this.#line.length === 0);
  }

  /**
   * Refuses a request that `hasRoom` not and that would wait for too long, before anything is made of it: under overload that
   * is most of them, and Node's parser costs more than the refusal.
   *
   * @returns false: it may wait
   */
  refusesAtOnce(request: BriefRequest): boolean {
    if (this.#table === undefined || !isFree(request.socket)) return false;
    const worth = this.#table.of(request.method ?? '', request.url ?? '');
    const now = this.stopwatch.now();
    if (!this.#line.refuses(worth.priority, now)) return false;
    this.refusals.refuseAtOnce(request, worth, now);
    return true;
  }

  /** Stands before whatever answers requests of this server now. */
  addTo(server: Server, table: PriorityTable, presenters: readonly ErrorPresenter[]): void {
    if (this.config.overloadDelay === 0) return;
    this.#table = table;
    this.refusals.prepare(server, presenters);
    standBefore(server, (serve) => this.#inTurn(server, serve, table));
  }

  #inTurn(server: Server, serve: Serve, table: PriorityTable): Serve {
    const line = this.#line;
    const turns = (this.#turns = new Turns(this.stopwatch, {
      get length() {
        return line.length;
      },
      begin: (now) => this.#refuseAll(line.takeOverdue(now, true), now),
      next: () => this.#serveNext(serve),
      end: (now) => this.#refuseAll(line.takeOverdue(now), now),
    }));
    return (request, response) => {
      if (this.hasRoom) {
        serve(request, response);
        return;
      }
      const worth = table.of(request.method ?? '', request.url ?? '');
      const since = this.stopwatch.now();
      const call = { request, response, worth, since };
      if (line.add(call, worth.priority, since)) turns.wanted();
      else this.refusals.refuse(call, since);
    };
  }

  #serveNext(serve: Serve): void {
    const call = this.#line.take();
    if (call === undefined) return;
    // Who has gone meanwhile needs no answer.
    if (call.response.destroyed) this.refusals.leave(call);
    else serve(call.request, call.response);
  }

  #refuseAll(calls: readonly Call[], now: number): void {
    for (const call of calls) this.refusals.refuse(call, now);
    this.refusals.tell(now, this.#line.length);
  }
}
