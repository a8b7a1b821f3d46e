import { Req, Res } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiController, App, Operation } from '../api.decorators.js';
import type { AppCaller } from '../bearer/apps.service.js';
import { ServerEvents } from './server-events.service.js';

const LAST_EVENT_ID = ApiHeader({
  name: 'Last-Event-ID',
  required: false,
  description: 'The last `id` that the app saw: then only what changed since is sent.',
  schema: { type: 'string' },
});

/** Discovery for those who can keep a connection open. */
@ApiController()
export class ServerEventsController {
  constructor(private readonly events: ServerEvents) {}

  @Operation('GET', 'servers/events', {
    id: 'followServers',
    tag: 'Servers',
    summary: 'Follow the list of servers',
    description:
      'Server-sent events. First `snapshot`: the whole list, as `Snapshot`. Then `added` and `changed` with a `Server`, `removed` with `{"id"}`, within a second of the change. With `Last-Event-ID`, instead of the snapshot, what changed since; `reset`, a snapshot that replaces everything, where that cannot be told. `bye` with `{"reason"}` before the broker ends the stream: `signed-out` (get a new access token first) or `stopping` (come again). A comment every 15 seconds shows that the stream lives: without one for 45 seconds, connect again. Access tokens live shorter than streams: the stream ends with the token.',
    scopes: ['servers:read'],
    isStream: true,
    answer: {
      status: 200,
      description: 'A stream of events that does not end by itself.',
      contentType: 'text/event-stream',
    },
    problems: ['too-many-listeners', 'listeners-full'],
    more: [LAST_EVENT_ID],
  })
  async follow(
    @App() app: AppCaller,
    @Req() { network, headers }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const lastEventId = headers['last-event-id'];
    const known = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined;
    await this.events.follow(app, { network, lastEventId: known }, reply);
  }
}
