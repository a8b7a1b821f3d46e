import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Config } from '../../config/index.js';
import { Clock } from '../../shared/clock.js';
import type { Soon } from '../../shared/soon.js';
import { Log } from '../logging/log.js';
import { admit } from './admission.js';
import type { Distribution } from '../metrics/metrics.js';
import { isUnchanged } from './etags.js';
import type { CallerClass } from './callers.js';
import { answersOf } from './http-metrics.js';
import { callerOf, COMMON_HEADERS } from './fastify.js';
import { noteEarlyLook } from './early-looks.js';
import { NodeFields } from './node-fields.js';
import { Readiness } from './readiness.js';
import {
  isFree,
  isSmall,
  mayBeWritten,
  send,
  write,
  written,
  type Fields,
  type ReadyAnswer,
} from './ready-answer.js';
import { NOT_GIVEN, standBeforeParser, wholeOf, type Give } from './before-parser.js';
import { RepeatedRequests, type AskAgain } from './repeated-requests.js';
import { sendTogether } from './sent-together.js';
import { standBefore, type Serve } from './stand-before.js';
import type { BriefRequest, ReadyRequest, WholeRequest } from './whole-request.js';

/** One operation of an edge, for whoever is known already. */
export interface ReadyRoute {
  /** A GET has no body; what a POST says, `answer` must read (`readSmallBody`). */
  readonly method: 'GET' | 'POST';
  /** For the access log. A URL that is the path itself needs no match. */
  readonly path: string;
  /** Which URLs it knows; what stands in the first group, it names in the access log as a parameter. */
  readonly url: RegExp;
  /** Who may call it (S-60), for everybody to see; `answer` must see to it. */
  readonly callers: readonly CallerClass[];
  /** Of its answers, beside those of all answers. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The answer, at once if all of it is remembered: who calls, that they may, and what they asked for. Null, and nothing
   * was counted, for whatever would be refused or explained. What it throws is told as the answer.
   */
  answer(request: ReadyRequest, network: string): Soon<ReadyAnswer | null>;
  /** How to answer it once more, where `answer` just did, without reading it; null if it cannot be. */
  again?(request: ReadyRequest): AskAgain | null;
}

/** A route with the headers of its answers. */
interface Prepared {
  readonly route: ReadyRoute;
  readonly headers: Fields;
  /** The same as they stand in a head. */
  readonly written: string;
  readonly full: Distribution;
  readonly unchanged: Distribution;
}

/** Who decides whose turn it is (`LoadShedder`). */
interface TurnsTaken {
  readonly hasRoom: boolean;
  refusesAtOnce(request: BriefRequest): boolean;
}

/** A request that is answered. */
interface Asked<Request extends BriefRequest = BriefRequest> {
  readonly request: Request;
  readonly prepared: Prepared;
  readonly network: string;
  readonly since: number;
}

/** The same as Node has read it. */
interface Parsed extends Asked<IncomingMessage> {
  readonly response: ServerResponse;
}

/** What is said of an answer. */
interface Given {
  readonly requestId: string;
  /** The caller has it already: 304. */
  readonly isSame: boolean;
}

/**
 * Answers where nothing has to be made out, given before the framework sees the request: its routing and hooks cost more
 * than the answer (P-1), even than one that is read from the database (P-3). It says yes only: whatever is not ready goes on
 * to the framework, which answers the same.
 */
@Injectable()
export class ReadyAnswers {
  readonly #routes: Prepared[] = [];
  readonly #repeated = new RepeatedRequests<Prepared>();
  readonly #nodeFields: NodeFields;

  constructor(
    private readonly readiness: Readiness,
    private readonly log: Log,
    private readonly config: Config,
    clock: Clock,
  ) {
    this.#nodeFields = new NodeFields(clock);
  }

  add(route: ReadyRoute): void {
    const headers = Object.entries({ ...route.headers, ...COMMON_HEADERS }).flat();
    const { method, path } = route;
    this.#routes.push({
      route,
      headers,
      written: written(headers),
      full: answersOf(method, path, '2xx'),
      unchanged: answersOf(method, path, '3xx'),
    });
  }

  get routes(): readonly ReadyRoute[] {
    return this.#routes.map(({ route }) => route);
  }

  /** Once the framework listens to the server. */
  standBefore(server: Server): void {
    this.#nodeFields.of(server);
    standBefore(server, (goOn) => (request, response) => {
      if (!this.#answers(request, response, goOn)) goOn(request, response);
    });
  }

  /**
   * Once everything else stands before the server: answers on the connection itself what is remembered or read and can be sent in
   * one piece. Anything else that is ready is begun there, and answered once Node has read the request, too.
   *
   * @param turns whether whoever comes now need not wait; who must, waits behind Node's parser or is refused at once
   */
  standBeforeParser(server: Server, turns: TurnsTaken): void {
    const letGo = standBeforeParser(server, this.config.headerBytes, {
      takes: (request) => this.#takes(request, turns),
      takesAgain: (piece, socket) => this.#takesAgain(piece, socket, turns),
    });
    this.readiness.whenDraining(letGo);
  }

  #takes(request: WholeRequest, turns: TurnsTaken): boolean | Promise<Give> {
    if (this.readiness.draining) return false;
    if (!turns.hasRoom) return turns.refusesAtOnce(request);
    const asked = this.#asked(request);
    if (asked === null) return false;
    const answer = answerTo(asked);
    request.begun = { answer, since: asked.since };
    if (answer instanceof Promise) {
      const give = (found: ReadyAnswer | null): Give => {
        return () => found !== null && this.#giveAtOnce(found, asked);
      };
      return answer.then(give, () => NOT_GIVEN);
    }
    if (answer === null || !this.#giveAtOnce(answer, asked)) return false;
    this.#remember(request, asked.prepared);
    return true;
  }

  /** The same for a piece that is, to the byte, a request that was taken before: it is not read again. */
  #takesAgain(piece: Buffer, socket: Socket, turns: TurnsTaken): boolean {
    // Most are refused then, and looking them up costs as much as reading them.
    if (!turns.hasRoom) return false;
    const since = performance.now();
    const known = this.#repeated.find(piece);
    if (known === undefined || this.readiness.draining || !isFree(socket)) return false;
    const { method, url, headers, of: prepared, ask } = known;
    const request = { method, url, headers, socket };
    if (!this.#isAdmitted(request)) return false;
    const { network } = callerOf(request, this.config);
    const answer = answerAgain(ask, network);
    if (answer === null) return false;
    if (this.#giveAtOnce(answer, { request, prepared, network, since })) return true;
    // It has grown too long since. That it is counted twice, once, does not matter.
    this.#repeated.forget(piece);
    return false;
  }

  #remember(request: WholeRequest, prepared: Prepared): void {
    const { route } = prepared;
    if (route.again) this.#repeated.remember(request, prepared, () => route.again?.(request) ?? null);
  }

  #giveAtOnce(answer: ReadyAnswer, asked: Asked): boolean {
    const { socket } = asked.request;
    if (!isFree(socket) || !isSmall(answer)) return false;
    const given = givenTo(asked.request, answer);
    sendTogether(socket, this.#head(asked.prepared, answer, given), given.isSame ? null : answer.bytes);
    this.#note(asked, given);
    return true;
  }

  /** @returns false if it is for the framework, unless `goOn` says so later */
  #answers(request: IncomingMessage, response: ServerResponse, goOn: Serve): boolean {
    const begun = wholeOf(request)?.begun;
    // What was begun is done, and must be told, though the broker has begun to stop meanwhile.
    const asked = this.readiness.draining && begun === undefined ? null : this.#asked(request);
    if (asked === null) return false;
    const { answer, since } = begun ?? { answer: answerTo(asked), since: asked.since };
    const parsed = { ...asked, request, response, since };
    if (answer instanceof Promise) void this.#giveLater(answer, parsed, goOn);
    else if (answer === null) return false;
    else this.#give(answer, parsed);
    return true;
  }

  #asked<Request extends ReadyRequest>(request: Request): Asked<Request> | null {
    const since = performance.now();
    const prepared = this.#routeOf(request);
    if (prepared === undefined || !this.#isAdmitted(request)) return null;
    return { request, prepared, network: callerOf(request, this.config).network, since };
  }

  async #giveLater(answer: Promise<ReadyAnswer | null>, parsed: Parsed, goOn: Serve): Promise<void> {
    let failure: Error | undefined;
    const found = await answer.catch((error: unknown) => {
      failure = error as Error;
      return null;
    });
    if (found === null) {
      noteEarlyLook(parsed.request, { ms: performance.now() - parsed.since, failure });
      goOn(parsed.request, parsed.response);
    } else this.#give(found, parsed);
  }

  #give(answer: ReadyAnswer, parsed: Parsed): void {
    const { request, response, prepared } = parsed;
    const given = givenTo(request, answer);
    const { requestId, isSame } = given;
    // What had to be read may come when the broker has begun to stop.
    const end = this.readiness.draining ? ['Connection', 'close'] : [];
    if (end.length === 0 && mayBeWritten(request, response, answer))
      write(response, this.#head(prepared, answer, given), isSame ? null : answer.bytes);
    else send(response, answer, isSame, [...prepared.headers, ...end, 'X-Request-Id', requestId]);
    this.#note(parsed, given);
  }

  #note({ request, prepared, network, since }: Asked, given: Given): void {
    const elapsed = performance.now() - since;
    (given.isSame ? prepared.unchanged : prepared.full).observe(elapsed / 1_000);
    if (!this.log.isLevelEnabled('info')) return;
    this.log.info(
      { ...accessFields(request, prepared.route, given), ms: rounded(elapsed), network },
      'request',
    );
  }

  /** To the byte what Node makes of the same headers. */
  #head(prepared: Prepared, answer: ReadyAnswer, { requestId, isSame }: Given): string {
    const start = isSame ? 'HTTP/1.1 304 Not Modified' : 'HTTP/1.1 200 OK';
    const own = isSame ? answer.validator : answer.written;
    return `${start}\r\n${prepared.written}X-Request-Id: ${requestId}\r\n${own}${this.#nodeFields.text}`;
  }

  #routeOf({ method, url = '', headers }: ReadyRequest): Prepared | undefined {
    if (method === 'GET' && hasBody(headers)) return undefined;
    for (const prepared of this.#routes) if (takes(prepared.route, method, url)) return prepared;
    return undefined;
  }

  #isAdmitted(request: BriefRequest): boolean {
    try {
      admit(request, this.config);
      return true;
    } catch {
      // The framework refuses it once more, and tells why.
      return false;
    }
  }
}

/** Of the line that the framework's requests write too. */
function accessFields(
  request: BriefRequest,
  { method, path, url }: ReadyRoute,
  { requestId, isSame }: Given,
): object {
  const parameter = url.exec(request.url ?? '')?.[1];
  const parameters = parameter === undefined ? {} : { parameters: [parameter] };
  return { requestId, method, path, ...parameters, status: isSame ? 304 : 200 };
}

/** Milliseconds as a line of the log has them. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function takes(route: ReadyRoute, method: string | undefined, url: string): boolean {
  return route.method === method && (route.path === url || route.url.test(url));
}

/** What fails at once is told as what fails later is. */
function answerTo({ request, prepared, network }: Asked<ReadyRequest>): Soon<ReadyAnswer | null> {
  try {
    return prepared.route.answer(request, network);
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

/** What fails now is asked once more in a moment, the usual way, and told there. */
function answerAgain(ask: AskAgain, network: string): ReadyAnswer | null {
  try {
    return ask(network);
  } catch {
    return null;
  }
}

function givenTo({ headers }: BriefRequest, { etag, requestId = randomUUID() }: ReadyAnswer): Given {
  return { requestId, isSame: etag !== null && isUnchanged(headers['if-none-match'], etag) };
}

/** Whether something comes behind the head. A GET with a body is read by the framework. */
function hasBody(headers: IncomingMessage['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
