import { Req, Res } from '@nestjs/common';
import { ApiHeader, ApiQuery } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUnchanged } from '../../../platform/http/etags.js';
import { SECOND } from '../../../shared/clock.js';
import { ApiController, App, Operation, Query } from '../api.decorators.js';
import type { AppCaller } from '../bearer/apps.service.js';
import { LIST_SCOPE, type ServerList } from './server-list.js';
import { ServerLists } from './server-lists.service.js';
import { ServerListShape, WaitQuery } from './servers.shapes.js';

const WAIT = ApiQuery({
  name: 'wait',
  required: false,
  description:
    'Long poll, together with `If-None-Match`: if the list is still the same, wait for so many seconds at most for it to change.',
  schema: { type: 'integer', minimum: 0, maximum: 60, default: 0 },
});
const IF_NONE_MATCH = ApiHeader({
  name: 'If-None-Match',
  required: false,
  description: 'ETag of the list that the app has.',
  schema: { type: 'string' },
});

/** Discovery: the answer a device came for. */
@ApiController()
export class ServersController {
  constructor(private readonly lists: ServerLists) {}

  @Operation('GET', 'servers', {
    id: 'listServers',
    tag: 'Servers',
    summary: 'List the servers',
    description:
      'Every server that the person may use, with the addresses at which it can be reached, the best for the network that asks first. The list is complete or there is an error: never take a failure for an empty list. Keep list and ETag, ask with `If-None-Match`, and keep working with what you have while the broker is away.',
    scopes: [LIST_SCOPE],
    query: WaitQuery,
    answer: {
      status: 200,
      description: 'The list.',
      type: ServerListShape,
      headers: { ETag: 'Changes with everything in the list but `lastHeardFrom`.' },
      unchanged: 'The list is the one that `If-None-Match` names.',
    },
    problems: ['too-many-listeners', 'listeners-full'],
    more: [WAIT, IF_NONE_MATCH],
  })
  async list(
    @App() app: AppCaller,
    @Query() { wait = '0' }: WaitQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    const known = request.headers['if-none-match'];
    const list = await this.#read(app, request, { known, seconds: Number(wait), raw: reply.raw });
    reply.header('ETag', list.etag);
    if (isUnchanged(known, list.etag)) {
      reply.status(304);
      return undefined;
    }
    reply.type('application/json; charset=utf-8');
    return list.body;
  }

  async #read(
    app: AppCaller,
    { network }: FastifyRequest,
    { known, seconds, raw }: { known: string | undefined; seconds: number; raw: FastifyReply['raw'] },
  ): Promise<ServerList> {
    if (known === undefined || seconds === 0) return this.lists.of(app.account.id, network);
    const controller = new AbortController();
    const onClose = (): void => controller.abort();
    raw.once('close', onClose);
    try {
      const wait = { known, ms: seconds * SECOND, gone: controller.signal };
      return await this.lists.whenChanged(app, network, wait);
    } finally {
      raw.off('close', onClose);
    }
  }
}
