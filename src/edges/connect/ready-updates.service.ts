import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../config/index.js';
import { ServersService, type Server, type ServerAsRead } from '../../features/servers/index.js';
import { anonymousRule } from '../../platform/http/callers.js';
import { ReadyAnswer } from '../../platform/http/ready-answer.js';
import type { ReadyRoute } from '../../platform/http/ready-answers.js';
import type { ReadyRequest } from '../../platform/http/whole-request.js';
import { hasSmallBody, readSmallBody } from '../../platform/http/small-body.js';
import { Limiter } from '../../platform/limits/limiter.js';
import type { Soon } from '../../shared/soon.js';
import { serverKeyOf } from './callers.guard.js';
import { OPEN_HEADERS } from './cors.js';
import { updateEntry } from './shapes.js';

/** What an update said, as it was sent: that the same bytes say the same needs no reading. */
interface Said {
  readonly contentType: string | undefined;
  /** The bytes as characters (latin1), which take less room than a buffer. */
  readonly body: string;
}

/**
 * E3 from a server that says what it said before, as each does every hour (P-5). `ServersController.registerOrUpdate` answers
 * the same; it tells what it has found to be nothing new.
 */
@Injectable()
export class ReadyUpdates implements ReadyRoute {
  readonly method = 'POST';
  readonly path = '/service/Servers';
  /** As of the path, on which servers register as well; this knows those by their keys. */
  readonly callers = ['nobody-in-particular'] as const;
  readonly url = /^\/service\/servers\/?\?(id)=([0-9a-f]{32})$/i;
  readonly headers = OPEN_HEADERS;
  /** By what is remembered of the server, so that it goes with it. */
  readonly #said = new WeakMap<ServerAsRead, Said>();

  constructor(
    private readonly servers: ServersService,
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  answer(request: ReadyRequest, network: string): Soon<ReadyAnswer | null> {
    if (!hasSmallBody(request.headers)) return null;
    return readSmallBody(request, (body) => this.#answerTo(request, network, body));
  }

  /** An update that told nothing new of `same`. */
  note(same: ServerAsRead, { raw, headers, body }: FastifyRequest): void {
    if (!this.url.test(raw.url ?? '') || !hasSmallBody(headers) || !Buffer.isBuffer(body)) return;
    this.#said.set(same, { contentType: headers['content-type'], body: body.toString('latin1') });
  }

  #answerTo(request: ReadyRequest, network: string, body: Buffer): ReadyAnswer | null {
    const server = this.#whoSaidBefore(request, network, body);
    if (server === null) return null;
    const rules = [anonymousRule(network, this.config), this.servers.updateRule(server.id)];
    return this.limiter.takeNow(rules) ? new ReadyAnswer(null, JSON.stringify(updateEntry(server))) : null;
  }

  #whoSaidBefore(request: ReadyRequest, network: string, body: Buffer): Server | null {
    const id = this.url.exec(request.url ?? '')?.[2] ?? '';
    const server = this.servers.recognise(id, serverKeyOf(request), network);
    const said = server && this.#said.get(server);
    if (!said || said.contentType !== request.headers['content-type']) return null;
    return said.body === body.toString('latin1') ? server : null;
  }
}
