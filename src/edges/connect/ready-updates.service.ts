import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  ServersService,
  type Server,
  type ServerAsRead,
  type ServerFields,
} from '../../features/servers/index.js';
import { ReadyAnswer } from '../../platform/http/ready-answer.js';
import type { ReadyRoute } from '../../platform/http/ready-answers.js';
import { aheadOfFramework } from '../../platform/http/request-context.js';
import type { ReadyRequest } from '../../platform/http/whole-request.js';
import { hasSmallBody, readSmallBody } from '../../platform/http/small-body.js';
import { Limiter } from '../../platform/limits/limiter.js';
import { unlessInvalid } from '../../shared/domain-error.js';
import type { ServerId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { serverKeyOf } from './callers.guard.js';
import { OPEN_HEADERS } from './cors.js';
import { Parameters } from './parameters/parameters.js';
import { fieldsOf, SERVER_PARAMETERS } from './said-by-servers.js';
import { updateEntry } from './shapes.js';

/** What an update said, as it was sent: that the same bytes say the same needs no reading. */
interface Said {
  readonly contentType: string | undefined;
  /** The bytes as characters (latin1), which take less room than a buffer. */
  readonly body: string;
}

/** An update, and who it says it is of. */
interface Asked {
  readonly request: ReadyRequest;
  readonly network: string;
  readonly id: ServerId;
  readonly key: string | undefined;
  readonly said: Said;
}

type Updated = Awaited<ReturnType<ServersService['update']>>;

/**
 * E3 from a server that proves to be it and says what can be read: the same as before, as each does every hour (P-5), or
 * something new (P-6). `ServersController.registerOrUpdate` answers the same, and whatever is to be refused or is unusual.
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
  ) {}

  answer(request: ReadyRequest, network: string): Soon<ReadyAnswer | null> {
    const id = this.url.exec(request.url ?? '')?.[2] as ServerId | undefined;
    // Who has no id yet registers.
    if (id === undefined || !hasSmallBody(request.headers)) return null;
    return readSmallBody(request, (body) => {
      const said = { contentType: request.headers['content-type'], body: body.toString('latin1') };
      const asked = { request, network, id, key: serverKeyOf(request), said };
      const same = this.#whoSaidBefore(asked);
      return same === null ? this.#read(asked, body) : this.#isCounted(asked) ? answerOf(same) : null;
    });
  }

  /** An update that told nothing new of `same`. */
  note(same: ServerAsRead, { raw, headers, body }: FastifyRequest): void {
    if (!this.url.test(raw.url ?? '') || !hasSmallBody(headers) || !Buffer.isBuffer(body)) return;
    this.#said.set(same, { contentType: headers['content-type'], body: body.toString('latin1') });
  }

  #whoSaidBefore({ id, key, network, said }: Asked): Server | null {
    const server = this.servers.recognise(id, key, network);
    const before = server && this.#said.get(server);
    return before?.contentType === said.contentType && before?.body === said.body ? server : null;
  }

  /** Of whom has proven to be the server. */
  #isCounted({ id }: Asked): boolean {
    return this.limiter.takeNow([this.servers.updateRule(id)]);
  }

  #read(asked: Asked, body: Buffer): Soon<ReadyAnswer | null> {
    const { id, key, network, said } = asked;
    const update = unlessInvalid(() => {
      const fields = fieldsIn(said.contentType, body);
      return fields && this.servers.prepareUpdate(id, key, fields, network);
    });
    return soon(update, (goOn) =>
      goOn !== null && this.#isCounted(asked) ? this.#carryOut(asked, goOn) : null,
    );
  }

  #carryOut({ request, network, said }: Asked, update: () => Soon<Updated>): Soon<ReadyAnswer> {
    return aheadOfFramework(request, network, async (requestId) => {
      const { server, same } = await update();
      if (same !== null) this.#said.set(same, said);
      return answerOf(server, requestId);
    });
  }
}

function answerOf(server: Server, requestId?: string): ReadyAnswer {
  return new ReadyAnswer(null, JSON.stringify(updateEntry(server)), requestId);
}

/** @throws DomainError invalid */
function fieldsIn(contentType: string | undefined, body: Buffer): ServerFields | null {
  const wire = Parameters.ofForm({ contentType, contentEncoding: undefined, body }, SERVER_PARAMETERS);
  return wire && fieldsOf(wire);
}
