import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Config } from '../../../config/index.js';
import { ListChanges } from '../../../features/discovery/index.js';
import { leaveToItself } from '../../../platform/http/slow-readers.js';
import { Log } from '../../../platform/logging/log.js';
import { SECOND } from '../../../shared/clock.js';
import { Random } from '../../../shared/random.js';
import { Apps, type AppCaller } from '../bearer/apps.service.js';
import { EventStream } from './event-stream.js';
import { Following } from './following.js';
import { knownIn } from './list-difference.js';
import { Listeners } from './listeners.service.js';
import { ServerLists } from './server-lists.service.js';

/** From where an app follows its list, and what it was told last. */
export interface Standpoint {
  readonly network: string;
  /** `Last-Event-ID`. */
  readonly lastEventId: string | undefined;
}

/** Event streams of lists. */
@Injectable()
export class ServerEvents {
  constructor(
    private readonly lists: ServerLists,
    private readonly listeners: Listeners,
    private readonly changes: ListChanges,
    private readonly apps: Apps,
    private readonly log: Log,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /** Takes the answer over and follows until the app, its sign-in or the broker goes. @throws before that, as a list */
  async follow(app: AppCaller, { network, lastEventId }: Standpoint, reply: FastifyReply): Promise<void> {
    const { id: accountId } = app.account;
    const stream = new EventStream(reply.raw, this.config.listenerBytes);
    const listener = this.listeners.open(app, {
      look: () => following.look(),
      stop: () => following.sayFarewell('stopping'),
    });
    const subscription = this.changes.subscribe(accountId, () => following.look());
    const followed = {
      isStillIn: () => this.apps.isStillIn(app),
      list: () => this.lists.of(accountId, network),
    };
    const following = new Following(stream, followed, subscription, (failure) => {
      clearInterval(heartbeat);
      subscription.end();
      listener.close();
      if (failure !== undefined) this.log.warn({ error: failure }, 'an event stream was cut');
    });
    const heartbeat = setInterval(() => following.beat(), this.config.heartbeat);
    reply.raw.once('close', () => following.end());
    try {
      const list = await followed.list();
      reply.hijack();
      leaveToItself(reply.raw);
      stream.open(reply.getHeaders());
      stream.comeBackAfter((1 + this.random.below(5)) * SECOND);
      following.begin(
        list,
        lastEventId === undefined ? null : knownIn(lastEventId),
        lastEventId !== undefined,
      );
      // What changed while the list was read.
      following.look();
    } catch (error) {
      following.end();
      throw error;
    }
  }
}
